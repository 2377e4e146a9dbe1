import type {
  ReplicationRule,
  ReplicationRules,
} from "../../../protocol/replication/replication-rules.ts";
import { awaiting, type Replication } from "../../../protocol/replication/replication-status.ts";
import { readAttributes, writeAttributes } from "../../wire/attributes-column.ts";
import { countOn, NO_BACKLOG } from "../outbox/backlog.ts";
import { circuitOf } from "../outbox/circuits.ts";
import { type FoundVersion, findObject } from "../rows/find-object.ts";
import type { VersionRow } from "../rows/object-row.ts";
import { writeAttributesColumn } from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";
import { asReplicated, enqueue } from "./replicate-version.ts";
import { keepScan, type ReplicationScan, type Scanned } from "./target-state.ts";

/** Versions that one slice looks at. */
const SLICE = 250;
/** As long as so many rows wait for a destination, a scan adds none. */
const MOST_WAITING = 500;

/** What became of a slice of a scan. */
export interface ScanOutcome {
  /** `waits`: enough is waiting already; `full`: the shard has no room for it. */
  readonly outcome: "ended" | "full" | "goes on" | "waits";
  /** Versions that are in the outbox now. */
  readonly found: number;
}

const WAITS: ScanOutcome = { outcome: "waits", found: 0 };

/** Looks at the next versions for a destination, and writes those down in the outbox that it is to get. */
export function scanForReplication(
  transaction: Transaction,
  target: string,
  scan: ReplicationScan,
): ScanOutcome {
  const { sql, configuration, state } = transaction;
  const { replication: rules } = configuration;
  if (rules === undefined || !rules.targets.includes(target)) {
    keepScan(sql, target, undefined);
    return { outcome: "ended", found: 0 };
  }
  const { count: waiting } = countOn(sql, target, NO_BACKLOG, MOST_WAITING).backlog;
  // What was dropped because the destination fails would be dropped again. With nothing left to try, only a scan tells that it is back.
  if (waiting > 0 && circuitOf(sql, target).failures > 0) return WAITS;
  const room = MOST_WAITING - waiting;
  if (room <= 0) return WAITS;
  state.reserveSequences(SLICE);
  let last: FoundVersion | undefined;
  let isFull = false;
  let count = 0;
  for (const found of nextVersions(sql, scan, Math.min(room, SLICE))) {
    const outcome = replicateFound(transaction, rules, target, scan.wanted, found);
    isFull = outcome === "full";
    if (isFull) break;
    if (outcome === "taken") count += 1;
    last = found;
  }
  const next = last && { ...scan, key: last.row.key, sequence: last.row.sequence };
  // The shard is full: it goes on with the version that found no room.
  keepScan(sql, target, isFull ? (next ?? scan) : next);
  const goesOn = next === undefined ? "ended" : "goes on";
  return { outcome: isFull ? "full" : goesOn, found: count };
}

/** In the order of the keys, and of one key the oldest first: so that what is newer comes to lie on top. */
function* nextVersions(
  sql: SqlStorage,
  { key, sequence }: Pick<ReplicationScan, "key" | "sequence">,
  limit: number,
): Generator<FoundVersion, void> {
  let at: string | undefined = key;
  let after = sequence;
  for (let left = limit; left > 0 && at !== undefined; at = keyBehind(sql, at), after = 0) {
    const versions = versionsOf(sql, at, after, left);
    yield* versions;
    left -= Math.max(1, versions.length);
  }
}

function versionsOf(sql: SqlStorage, key: string, after: number, limit: number): FoundVersion[] {
  const older = sql
    .exec<VersionRow>(
      "SELECT * FROM version WHERE key = ? AND sequence > ? ORDER BY sequence LIMIT ?",
      key,
      after,
      limit,
    )
    .toArray()
    .map((row) => ({ row, isCurrentObject: false, isMarker: row.is_marker === 1 }));
  const current = older.length < limit ? findObject(sql, key) : undefined;
  if (current === undefined || current.sequence <= after) return older;
  return [...older, { row: current, isCurrentObject: true, isMarker: false }];
}

function keyBehind(sql: SqlStorage, key: string): string | undefined {
  const query = `SELECT MIN(key) AS key FROM (
    SELECT MIN(key) AS key FROM object WHERE key > ?1
    UNION ALL SELECT MIN(key) FROM version WHERE key > ?1)`;
  return sql.exec<{ key: string | null }>(query, key).one().key ?? undefined;
}

/** @returns `full`: the shard has no room for it; `other`: it is not wanted */
function replicateFound(
  transaction: Transaction,
  rules: ReplicationRules,
  target: string,
  wanted: Scanned,
  found: FoundVersion,
): "full" | "other" | "taken" {
  const { row, isMarker, isCurrentObject } = found;
  const rule = rules.matchingFor(target, asReplicated(row, isMarker));
  if (rule === undefined) return "other";
  const attributes = readAttributes(row.attributes);
  const { replication: before } = attributes;
  if (!isWanted(before, rule, wanted)) return "other";
  const replication = awaiting(before, target);
  const { change } = replication;
  const isTaken = enqueue(transaction, rule, row, {
    isLate: true,
    ...(isMarker && { isMarker: true }),
    ...(change !== undefined && { change, hasAnnotations: true }),
    ...(replication.status === "REPLICA" && { isChange: true }),
  });
  if (!isTaken) return "full";
  writeAttributesColumn(transaction.sql, found, writeAttributes({ ...attributes, replication }));
  if (isCurrentObject) transaction.cache.delete(row.key);
  return "taken";
}

function isWanted(
  replication: Replication | undefined,
  { target, replicatesExisting, replicatesReplicas }: ReplicationRule,
  wanted: Scanned,
): boolean {
  if (replication?.status === "REPLICA")
    return replication.isPending === true && replicatesReplicas;
  const { targets } = replication ?? {};
  const state = targets === undefined ? replication?.status : (targets[target] ?? "COMPLETED");
  if (state === "PENDING") return true;
  if (state === "FAILED") return wanted === "failed";
  // That it was completed may have been for another destination.
  return wanted !== "pending" && replicatesExisting;
}
