/** A blob that is referred to is in `blob` with its number of references; one that waits for its end, with a due time. */

export function addReference(sql: SqlStorage, blobId: string): void {
  sql.exec(
    `INSERT INTO blob VALUES (?, 1, NULL)
     ON CONFLICT DO UPDATE SET reference_count = reference_count + 1, garbage_due_ms = NULL`,
    blobId,
  );
}

/** The last reference makes the blob garbage. */
export function dropReference(sql: SqlStorage, blobId: string, garbageDueMs: number): void {
  sql.exec(
    `UPDATE blob SET
       reference_count = reference_count - 1,
       garbage_due_ms = CASE reference_count WHEN 1 THEN ? END
     WHERE blob_id = ?`,
    garbageDueMs,
    blobId,
  );
}

/** Blobs whose time has come, at most `limit`. */
export function dueGarbage(sql: SqlStorage, nowMs: number, limit: number): readonly string[] {
  const rows = sql.exec<{ blob_id: string }>(
    "SELECT blob_id FROM blob WHERE garbage_due_ms <= ? ORDER BY garbage_due_ms LIMIT ?",
    nowMs,
    limit,
  );
  return rows.toArray().map((row) => row.blob_id);
}

/** When the next garbage is due; undefined when there is none. */
export function nextGarbageDueMs(sql: SqlStorage): number | undefined {
  const query = "SELECT MIN(garbage_due_ms) AS due FROM blob WHERE garbage_due_ms IS NOT NULL";
  return sql.exec<{ due: number | null }>(query).one().due ?? undefined;
}

/** The bytes of these garbage blobs are gone. */
export function forgetGarbage(sql: SqlStorage, blobIds: readonly string[]): void {
  sql.exec(
    `DELETE FROM blob WHERE garbage_due_ms IS NOT NULL
     AND blob_id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(blobIds),
  );
}

/** Which of these blobs the index does not know, neither as content nor as garbage. */
export function unknownBlobs(sql: SqlStorage, blobIds: readonly string[]): readonly string[] {
  const rows = sql.exec<{ value: string }>(
    `SELECT value FROM json_each(?)
     WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob_id = value)`,
    JSON.stringify(blobIds),
  );
  return rows.toArray().map((row) => row.value);
}
