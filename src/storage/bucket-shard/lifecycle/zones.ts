import { MOST_COUNTED } from "../../ports/shard-figures.ts";
import type { Transaction } from "../transaction.ts";

// A zone is a stretch of keys, from its first to the next zone's, and `next_due_ms` the time before which nothing in it is due:
// a lifecycle scan does not read it until then. What breaks that promise touches the zone (`docs/lifecycle.md`).

const TOUCHED = -1;

/** Nothing is known of any key: everything will be scanned. */
export function forgetZones(sql: SqlStorage): void {
  sql.exec("DELETE FROM lifecycle_zone");
}

/** Something of the key may be due before its zone is: it is scanned by the next run. For a bucket without rules, one branch. */
export function touchZone({ sql, configuration }: Transaction, key: string): void {
  if (configuration.lifecycle === undefined) return;
  sql.exec(
    `UPDATE lifecycle_zone SET next_due_ms = ${TOUCHED} WHERE next_due_ms > ${TOUCHED}
     AND first_key = (SELECT MAX(first_key) FROM lifecycle_zone WHERE first_key <= ?)`,
    key,
  );
}

/** The first zone from that key on of which something may be due; undefined: there is none. */
export function dueZone(sql: SqlStorage, from: string, nowMs: number): string | undefined {
  sql.exec("INSERT OR IGNORE INTO lifecycle_zone (first_key, next_due_ms) VALUES ('', 0)");
  return sql
    .exec<{ first_key: string }>(
      `SELECT first_key FROM lifecycle_zone WHERE first_key >= ? AND next_due_ms <= ?
       ORDER BY first_key LIMIT 1`,
      from,
      nowMs,
    )
    .toArray()[0]?.first_key;
}

/** The first key of the zone behind it; undefined: it is the last. */
export function zoneBehind(sql: SqlStorage, firstKey: string): string | undefined {
  const query =
    "SELECT first_key FROM lifecycle_zone WHERE first_key > ? ORDER BY first_key LIMIT 1";
  return sql.exec<{ first_key: string }>(query, firstKey).toArray()[0]?.first_key;
}

/** How many stretches of keys the next slices will look at. A shard without rules has none. */
export function zonesDue(sql: SqlStorage, nowMs: number): number {
  const query = `SELECT COUNT(*) AS count FROM
    (SELECT 1 FROM lifecycle_zone WHERE next_due_ms <= ? LIMIT ${MOST_COUNTED})`;
  return sql.exec<{ count: number }>(query, nowMs).one().count;
}

/** Its scan begins: from now on it can be touched anew. */
export function openZone(sql: SqlStorage, firstKey: string): void {
  const statement = "INSERT OR REPLACE INTO lifecycle_zone (first_key, next_due_ms) VALUES (?, 0)";
  sql.exec(statement, firstKey);
}

/** Its scan has ended; one that was touched meanwhile is due still. */
export function closeZone(sql: SqlStorage, firstKey: string, nextDueMs: number): void {
  sql.exec(
    `UPDATE lifecycle_zone SET next_due_ms = ? WHERE first_key = ? AND next_due_ms > ${TOUCHED}`,
    nextDueMs,
    firstKey,
  );
}

/** A zone in which nothing was found goes into the one before it. */
export function mergeZone(sql: SqlStorage, firstKey: string, nextDueMs: number): void {
  sql.exec(
    `UPDATE lifecycle_zone SET next_due_ms = MIN(next_due_ms, ?1,
       (SELECT CASE WHEN next_due_ms > ${TOUCHED} THEN ?1 ELSE next_due_ms END FROM lifecycle_zone WHERE first_key = ?2))
     WHERE first_key = (SELECT MAX(first_key) FROM lifecycle_zone WHERE first_key < ?2)`,
    nextDueMs,
    firstKey,
  );
  sql.exec("DELETE FROM lifecycle_zone WHERE first_key = ?", firstKey);
}
