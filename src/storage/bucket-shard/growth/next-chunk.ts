import { ulid } from "../../../lib/ulid.ts";
import { compareUtf8 } from "../../../lib/utf8-order.ts";
import type { MovedChunk, MovedContent, MovedRecord, MovePosition } from "../../wire/growth.ts";
import { takeHold, type WantedHold } from "../contents/holds.ts";
import { scannedTargets, scanOf } from "../replication/target-state.ts";
import { hasForeignIds } from "../rows/foreign-ids.ts";
import type { Transaction } from "../transaction.ts";
import { MOVE_LIMITS } from "./move-limits.ts";
import { type OutgoingRecord, outgoingRecords } from "./outgoing-records.ts";
import { presentKinds } from "./present-kinds.ts";
import { homeOf } from "../../wire/shard-name.ts";

export interface OutgoingChunk {
  readonly chunk: MovedChunk;
  /** That other shards are to give before the chunk is sent, by their names. */
  readonly wantedElsewhere: ReadonlyMap<string, readonly WantedHold[]>;
}

/**
 * What comes next of these keys for a shard, with holds on what it refers to: of this shard's contents they are taken in the
 * same transaction, so that nothing that arrives can ever be without.
 *
 * @param targetName of the shard @param after what has arrived there @returns undefined: all has
 */
export function nextChunk(
  transaction: Transaction,
  targetName: string,
  keys: readonly string[],
  after: MovePosition | null,
): OutgoingChunk | undefined {
  const { sql } = transaction;
  const records: MovedRecord[] = [];
  const counts = new Map<string, number>();
  let last = after;
  let sizeBytes = 0;
  for (const outgoing of recordsOfKeys(sql, keys, after)) {
    sizeBytes += outgoing.sizeBytes;
    if (isFull(records.length, sizeBytes)) break;
    records.push(outgoing.record);
    last = outgoing.position;
    for (const id of outgoing.contentIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  if (last === null || records.length === 0) return undefined;
  const wantedElsewhere = new Map<string, WantedHold[]>();
  const contents = Array.from(counts, ([contentId, count]): MovedContent => {
    const home = homeOf(contentId);
    if (home === targetName) return { contentId, count };
    const token = `${targetName}/${ulid(transaction.nowMs)}`;
    if (transaction.state.isHome(contentId)) takeHold(transaction, contentId, token);
    else wantedElsewhere.set(home, [...(wantedElsewhere.get(home) ?? []), { contentId, token }]);
    return { contentId, count, holdToken: token };
  });
  const scans = scannedTargets(sql).map((target) => ({
    target,
    wanted: scanOf(sql, target)?.wanted ?? "pending",
  }));
  const chunk = {
    after,
    last,
    records,
    contents,
    hasForeignIds: hasForeignIds(sql),
    ...(scans.length > 0 && { scans }),
  };
  return { chunk, wantedElsewhere };
}

function isFull(recordCount: number, sizeBytes: number): boolean {
  const { records, bytes } = MOVE_LIMITS;
  return recordCount === records || (recordCount > 0 && sizeBytes > bytes);
}

function* recordsOfKeys(
  sql: SqlStorage,
  keys: readonly string[],
  after: MovePosition | null,
): Generator<OutgoingRecord, undefined> {
  const present = presentKinds(sql);
  for (const key of keys)
    if (after === null || compareUtf8(key, after.key) > 0)
      yield* outgoingRecords(sql, key, undefined, present);
    else if (key === after.key) yield* outgoingRecords(sql, key, after, present);
}
