import { randomBytes } from "node:crypto";
import { MOST_COUNTED } from "../../ports/shard-figures.ts";
import type { LogBatch } from "../../ports/log-batch.ts";
import type { Transaction } from "../transaction.ts";

/** A log object has about so many bytes at most; once so many wait, they are delivered. */
export const OBJECT_BYTES = 1024 * 1024;

/** So many bytes may wait, of a target that cannot be written to. What comes then is dropped. */
const LIMIT_BYTES = 64 * OBJECT_BYTES;

/**
 * Keeps lines until the job `access-log` makes an object of them.
 *
 * @returns false: too much waits already
 */
export function appendLog(
  { sql, schedule, nowMs, settings, logRoom }: Transaction,
  { destination, firstMs, lines, count }: LogBatch,
): boolean {
  const bytes = Buffer.byteLength(lines);
  if (!logRoom.take(bytes, LIMIT_BYTES)) return false;
  sql.exec(
    "INSERT INTO log_batch (destination, first_ms, unique_name, count, bytes, lines) VALUES (?, ?, ?, ?, ?, ?)",
    destination,
    firstMs,
    randomBytes(8).toString("hex").toUpperCase(),
    count,
    bytes,
    lines,
  );
  const isMuch = logRoom.isMuchNew(OBJECT_BYTES);
  schedule(
    "access-log",
    isMuch ? nowMs : Math.max(firstMs, nowMs - settings.logRollMs) + settings.logRollMs,
  );
  return true;
}

/** What waits for one destination. */
export interface WaitingLog extends Record<string, SqlStorageValue> {
  destination: string;
  first_ms: number;
  bytes: number;
}

/** Of every destination, how much waits and since when; the longest first. The lines themselves are not read. */
export function waitingLogs(sql: SqlStorage): readonly WaitingLog[] {
  return sql
    .exec<WaitingLog>(
      `SELECT destination, MIN(first_ms) AS first_ms, SUM(bytes) AS bytes FROM log_batch
       GROUP BY destination ORDER BY first_ms`,
    )
    .toArray();
}

interface BatchRow extends Record<string, SqlStorageValue> {
  id: number;
  first_ms: number;
  unique_name: string;
  count: number;
  bytes: number;
  last_id: number | null;
}

/** Batches in an object at most: each is a row to be read and deleted. */
const MOST_BATCHES = 1000;

/** What one log object is made of. */
export interface LogObject {
  /** It may have been written already. */
  readonly isBegun: boolean;
  readonly ids: readonly number[];
  readonly firstMs: number;
  /** The same for the same first batch, so that what is delivered twice is delivered to one key. */
  readonly unique: string;
  readonly lines: string;
  readonly bytes: number;
  readonly count: number;
}

/** The oldest lines of a destination, as many as an object has; of one that was begun, those that it was begun with. */
export function nextLogObject(sql: SqlStorage, destination: string): LogObject | undefined {
  const rows = sql
    .exec<BatchRow>(
      `SELECT id, first_ms, unique_name, count, bytes, last_id FROM log_batch WHERE destination = ?
       ORDER BY id LIMIT ${MOST_BATCHES}`,
      destination,
    )
    .toArray();
  const [first] = rows;
  if (first === undefined) return undefined;
  const { first_ms: firstMs, unique_name: unique, last_id: lastId } = first;
  const isBegun = lastId !== null;
  const ids: number[] = [];
  let [lines, bytes, count] = ["", 0, 0];
  for (const row of rows) {
    if (ids.length > 0 && bytes + row.bytes > OBJECT_BYTES) break;
    if (isBegun && row.id > lastId) break;
    ids.push(row.id);
    lines += linesOf(sql, row.id);
    bytes += row.bytes;
    count += row.count;
  }
  return { isBegun, ids, firstMs, unique, lines, bytes, count };
}

/** Before it is written for the first time: what comes until it is known to be written goes into another object. */
export function beginLogObject({ sql }: Transaction, { ids }: LogObject): void {
  sql.exec("UPDATE log_batch SET last_id = ? WHERE id = ?", ids.at(-1), ids[0]);
}

function linesOf(sql: SqlStorage, id: number): string {
  return sql.exec<{ lines: string }>("SELECT lines FROM log_batch WHERE id = ?", id).one().lines;
}

/** They are delivered, or given up. */
export function forgetLog({ sql, logRoom }: Transaction, { ids, bytes }: LogObject): void {
  for (const id of ids) sql.exec("DELETE FROM log_batch WHERE id = ?", id);
  logRoom.free(bytes);
}

/** For the metrics. */
export function logBatchesWaiting(sql: SqlStorage): number {
  const query = `SELECT COUNT(*) AS count FROM (SELECT 1 FROM log_batch LIMIT ${MOST_COUNTED})`;
  return sql.exec<{ count: number }>(query).one().count;
}
