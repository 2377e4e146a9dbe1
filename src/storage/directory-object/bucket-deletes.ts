import type { BucketRow } from "./buckets.ts";

/** A delete that has not ended after so long lost its gateway. */
const DELETE_PATIENCE_MS = 30_000;

export function beginDelete(sql: SqlStorage, bucketId: string): string | undefined {
  if (deleteState(sql, bucketId) === "deleting") return undefined;
  const token = crypto.randomUUID();
  sql.exec(
    "UPDATE bucket SET delete_token = ?, delete_began_ms = ? WHERE id = ?",
    token,
    Date.now(),
    bucketId,
  );
  return token;
}

export function finishDelete(sql: SqlStorage, bucketId: string, token: string): boolean {
  const { rowsWritten } = sql.exec(
    "DELETE FROM bucket WHERE id = ? AND delete_token = ?",
    bucketId,
    token,
  );
  return rowsWritten > 0;
}

export function cancelDelete(sql: SqlStorage, bucketId: string, token: string): void {
  sql.exec(
    "UPDATE bucket SET delete_token = NULL, delete_began_ms = NULL WHERE id = ? AND delete_token = ?",
    bucketId,
    token,
  );
}

export function settleDelete(sql: SqlStorage, bucketId: string): "deleted" | "deleting" | "active" {
  const state = deleteState(sql, bucketId);
  if (state !== "abandoned") return state;
  sql.exec("UPDATE bucket SET delete_token = NULL, delete_began_ms = NULL WHERE id = ?", bucketId);
  return "active";
}

function deleteState(
  sql: SqlStorage,
  bucketId: string,
): "deleted" | "deleting" | "abandoned" | "active" {
  const row = sql.exec<BucketRow>("SELECT * FROM bucket WHERE id = ?", bucketId).toArray()[0];
  if (row === undefined) return "deleted";
  if (row.delete_began_ms === null) return "active";
  return row.delete_began_ms + DELETE_PATIENCE_MS > Date.now() ? "deleting" : "abandoned";
}
