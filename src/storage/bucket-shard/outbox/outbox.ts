import { log } from "../../../lib/log.ts";
import { EVENT_BRIDGE } from "../../../protocol/events/aws-target.ts";
import { eventBridgeEntry } from "../../../protocol/events/event-bridge-entry.ts";
import { eventRecord } from "../../../protocol/events/event-record.ts";
import { movingKey } from "../growth/moving-keys.ts";
import type { ObjectEvent } from "../events.ts";
import type { Transaction } from "../transaction.ts";
import { forgetBacklog } from "./backlog.ts";
import { eventName, happenedEvent, NOBODY } from "./happened-event.ts";
import { circuitOf } from "./circuits.ts";

/** Writes down, with the effect, each record that a configuration of the bucket wants of it; the job delivers them. */
export function putIntoOutbox(transaction: Transaction, event: ObjectEvent): void {
  const { configuration, state, room, origin = NOBODY } = transaction;
  const { eventRules } = configuration;
  if (eventRules === undefined) return;
  const name = eventName(event, origin.operation);
  if (name === undefined) return;
  const { key } = event.row;
  const wanted = eventRules.matching(name, key);
  if (wanted.length === 0 && !eventRules.isForEventBridge) return;
  // What waits for a target that is dead must not fill the database until nothing can be deleted any more.
  if (!room.takeSpare()) {
    log("error", "no room for an event", { shard: state.name, name });
    return;
  }
  const { bucket } = eventRules;
  const happened = happenedEvent(transaction, name, event);
  for (const { id, arn } of wanted)
    putRow(transaction, arn, key, eventRecord(happened, origin, bucket, id));
  if (!eventRules.isForEventBridge) return;
  const entry = eventBridgeEntry(happened, origin, bucket);
  if (entry !== undefined) putRow(transaction, EVENT_BRIDGE, key, entry);
}

/** One more for a target: what the job delivers, with all that is needed for it. */
export function putRow(
  { sql, growth, state, nowMs, schedule }: Transaction,
  target: string,
  key: string,
  record: object,
): void {
  sql.exec(
    `INSERT INTO outbox (target, id, key, emitted_ms, attempts, record, moving_key)
     VALUES (?, ?, ?, ?, 0, ?, ?)`,
    target,
    // Never given twice, so that what is delivered is never taken for what came later.
    state.takeSequence(),
    key,
    nowMs,
    JSON.stringify(record),
    movingKey(growth, key),
  );
  // A target that is given time is not asked earlier because of a row more.
  schedule("outbox", Math.max(nowMs, circuitOf(sql, target).dueMs));
}

/** A record that waits for its delivery. */
export type OutboxRow = {
  id: number;
  key: string;
  emitted_ms: number;
  /** When it was delivered anew, after it had been given up; null: it was not given up. */
  redriven_ms: number | null;
  /** When it is tried again; null: it was not tried. */
  due_ms: number | null;
  attempts: number;
  record: string;
};

/** All targets that something waits for: a look into the key for each. */
export function waitingTargets(sql: SqlStorage): string[] {
  const targets: string[] = [];
  for (;;) {
    const query = "SELECT target FROM outbox WHERE target > ? ORDER BY target LIMIT 1";
    const [row] = sql.exec<{ target: string }>(query, targets.at(-1) ?? "").toArray();
    if (row === undefined) return targets;
    targets.push(row.target);
  }
}

/** Rows that are read at a time. */
const PAGE = 100;

const COLUMNS = "id, key, emitted_ms, redriven_ms, due_ms, attempts, record";

/** The oldest of a target first; of no more of them than are taken. @param from behind this row */
export function* waitingRows(
  sql: SqlStorage,
  target: string,
  limit: number,
  from = 0,
): Generator<OutboxRow, undefined> {
  const query = `SELECT ${COLUMNS} FROM outbox WHERE target = ? AND id > ? ORDER BY id LIMIT ?`;
  let after = from;
  for (let left = limit; left > 0; left -= PAGE) {
    const size = Math.min(left, PAGE);
    const rows = sql.exec<OutboxRow>(query, target, after, size).toArray();
    yield* rows;
    if (rows.length < size) return;
    after = rows.at(-1)?.id ?? after;
  }
}

/** Rows of a target that are to be tried once more by now; those first that have been due for longest. */
export function retriesDue(
  sql: SqlStorage,
  target: string,
  nowMs: number,
  limit: number,
): readonly OutboxRow[] {
  const query = `SELECT ${COLUMNS} FROM outbox INDEXED BY outbox_due
    WHERE target = ? AND due_ms <= ? ORDER BY due_ms LIMIT ?`;
  const rows = sql.exec<OutboxRow>(query, target, nowMs, limit).toArray();
  return rows.filter(({ key, id }) => !isTried(sql, target, key, id));
}

/** The row of a target that is to be tried once more before all others. */
export function nextRetry(sql: SqlStorage, target: string): OutboxRow | undefined {
  return retriesDue(sql, target, Number.MAX_SAFE_INTEGER, 1)[0];
}

/** Whether a row of the key that is before this one waits for another try. */
export function isTried(sql: SqlStorage, target: string, key: string, id: number): boolean {
  // SQLite would go through all that is before it.
  const query = `SELECT 1 FROM outbox INDEXED BY outbox_tried
    WHERE target = ? AND key = ? AND due_ms IS NOT NULL AND id < ? LIMIT 1`;
  return sql.exec(query, target, key, id).toArray().length > 0;
}

export function forgetRow(sql: SqlStorage, target: string, id: number): void {
  sql.exec("DELETE FROM outbox WHERE target = ? AND id = ?", target, id);
}

/** All of a key that has moved to another shard. */
export function forgetMovedRows(sql: SqlStorage, key: string): void {
  const query = "SELECT target FROM outbox WHERE moving_key = ?";
  const rows = sql.exec<{ target: string }>(query, key).toArray();
  if (rows.length === 0) return;
  sql.exec("DELETE FROM outbox WHERE moving_key = ?", key);
  for (const target of new Set(rows.map((row) => row.target))) forgetBacklog(sql, target);
}

/** A delivery failed: the row is tried again. */
export function postponeRow(sql: SqlStorage, target: string, id: number, dueMs: number): void {
  const statement =
    "UPDATE outbox SET attempts = attempts + 1, due_ms = ? WHERE target = ? AND id = ?";
  sql.exec(statement, dueMs, target, id);
}

/** The target takes something again: those of its rows that were tried are tried now. */
export function hurryRows(sql: SqlStorage, target: string, limit: number, nowMs: number): void {
  sql.exec(
    `UPDATE outbox SET due_ms = ?1 WHERE target = ?2 AND id IN
       (SELECT id FROM outbox INDEXED BY outbox_due WHERE target = ?2 AND due_ms > ?1 ORDER BY due_ms LIMIT ?3)`,
    nowMs,
    target,
    limit,
  );
}
