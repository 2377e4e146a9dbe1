import type { Transaction } from "../transaction.ts";

/**
 * The contents that something in this shard refers to, and those that wait for their end. A content is a blob of this
 * shard, a list of segments that this shard stitched, or, with a hold token, either of another shard.
 *
 * A content that has no reference left is never referred to again: a copy that wants to is told so, and reads its source anew.
 */

/** A blob of this shard that was just written, or a list that was just stitched: with its first reference. */
export function addContent(sql: SqlStorage, contentId: string): void {
  sql.exec("INSERT INTO content (content_id, reference_count) VALUES (?, 1)", contentId);
}

/** @returns false when nothing refers to the content any more */
export function addReferences(sql: SqlStorage, contentId: string, count: number): boolean {
  const { rowsWritten } = sql.exec(
    "UPDATE content SET reference_count = reference_count + ? WHERE content_id = ? AND reference_count > 0",
    count,
    contentId,
  );
  return rowsWritten > 0;
}

/**
 * References to another shard's content, which holds it under `holdToken`. An older hold on the same content is
 * not needed any more, and goes back.
 */
export function addHeldReferences(
  transaction: Transaction,
  contentId: string,
  holdToken: string,
  count: number,
): void {
  giveHoldBack(transaction, contentId, holdToken);
  transaction.sql.exec(
    `INSERT INTO content (content_id, reference_count, hold_token) VALUES (?1, ?2, ?3)
     ON CONFLICT DO UPDATE SET
       reference_count = reference_count + ?2, garbage_due_ms = NULL, hold_token = ?3`,
    contentId,
    count,
    holdToken,
  );
}

/**
 * The last reference makes the content garbage, which waits for its last reader.
 *
 * @param sizeBytes of the content, for the figures; undefined: whoever lets go does not know
 */
export function dropReferences(
  { sql, nowMs, settings, schedule }: Transaction,
  contentId: string,
  count = 1,
  sizeBytes?: number,
): void {
  const garbageDueMs = nowMs + settings.garbageDelayMs;
  schedule("garbage", garbageDueMs);
  sql.exec(
    `UPDATE content SET
       reference_count = reference_count - ?1,
       garbage_due_ms = CASE reference_count WHEN ?1 THEN ?2 END,
       size_bytes = COALESCE(?4, size_bytes)
     WHERE content_id = ?3`,
    count,
    garbageDueMs,
    contentId,
    sizeBytes ?? null,
  );
}

export interface Garbage {
  readonly contentId: string;
  /** Of another shard's content. */
  readonly holdToken: string | undefined;
  readonly isStitched: boolean;
}

/** Contents whose time has come, at most `limit`. */
export function dueGarbage(sql: SqlStorage, nowMs: number, limit: number): readonly Garbage[] {
  const rows = sql.exec<{ content_id: string; hold_token: string | null; is_stitched: number }>(
    `SELECT content_id, hold_token,
       EXISTS (SELECT 1 FROM segment WHERE segment.content_id = content.content_id) AS is_stitched
     FROM content WHERE garbage_due_ms <= ? ORDER BY garbage_due_ms LIMIT ?`,
    nowMs,
    limit,
  );
  return rows.toArray().map((row) => ({
    contentId: row.content_id,
    holdToken: row.hold_token ?? undefined,
    isStitched: row.is_stitched === 1,
  }));
}

/** When the next garbage is due; undefined when there is none. */
export function nextGarbageDueMs(sql: SqlStorage): number | undefined {
  const query = "SELECT MIN(garbage_due_ms) AS due FROM content WHERE garbage_due_ms IS NOT NULL";
  return sql.exec<{ due: number | null }>(query).one().due ?? undefined;
}

/** The bytes of these blobs are gone. */
export function forgetGarbage(sql: SqlStorage, blobIds: readonly string[]): void {
  sql.exec(
    `DELETE FROM content WHERE garbage_due_ms IS NOT NULL
     AND content_id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(blobIds),
  );
}

/** Nothing here refers to another shard's content any more: its hold goes on its way back. */
export function forgetHeldGarbage(transaction: Transaction, contentId: string): void {
  giveHoldBack(transaction, contentId);
  transaction.sql.exec("DELETE FROM content WHERE content_id = ?", contentId);
}

/** @param newToken of the hold that takes its place, which may be the same; empty: none does */
function giveHoldBack(
  { sql, nowMs, schedule }: Transaction,
  contentId: string,
  newToken = "",
): void {
  const { rowsWritten } = sql.exec(
    `INSERT INTO released_hold (token, content_id)
     SELECT hold_token, content_id FROM content WHERE content_id = ? AND hold_token <> ?`,
    contentId,
    newToken,
  );
  if (rowsWritten > 0) schedule("released-holds", nowMs);
}

/** Which of these blobs the index does not know, neither as content nor as garbage. */
export function unknownBlobs(sql: SqlStorage, blobIds: readonly string[]): readonly string[] {
  const rows = sql.exec<{ value: string }>(
    `SELECT value FROM json_each(?)
     WHERE NOT EXISTS (SELECT 1 FROM content WHERE content_id = value)`,
    JSON.stringify(blobIds),
  );
  return rows.toArray().map((row) => row.value);
}
