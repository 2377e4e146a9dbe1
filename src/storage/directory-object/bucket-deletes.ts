import { type BucketRow, rowById } from "./buckets.ts";
import { readGrowth } from "./growth-column.ts";
import { deleteDocuments } from "./documents.ts";

/** A delete that has not ended after so long lost its gateway. */
const DELETE_PATIENCE_MS = 30_000;

/** @param shardCount those that the caller will seal; absent: as many as the bucket was made with, and not one more */
export function beginDelete(
  sql: SqlStorage,
  bucketId: string,
  shardCount?: number,
): string | undefined {
  const row = rowById(sql, bucketId);
  if (stateOf(row) === "deleting" || (row !== undefined && !hasThese(row, shardCount)))
    return undefined;
  const token = crypto.randomUUID();
  sql.exec(
    "UPDATE bucket SET delete_token = ?, delete_began_ms = ? WHERE id = ?",
    token,
    Date.now(),
    bucketId,
  );
  return token;
}

/** The bucket has so many shards, and does not get more. */
function hasThese(row: BucketRow, shardCount: number | undefined): boolean {
  if (row.growth === null) return true;
  return readGrowth(row.growth).to === undefined && row.shard_count === shardCount;
}

export function finishDelete(sql: SqlStorage, bucketId: string, token: string): boolean {
  const { rowsWritten } = sql.exec(
    "DELETE FROM bucket WHERE id = ? AND delete_token = ?",
    bucketId,
    token,
  );
  if (rowsWritten === 0) return false;
  deleteDocuments(sql, bucketId);
  return true;
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

export function deleteState(
  sql: SqlStorage,
  bucketId: string,
): "deleted" | "deleting" | "abandoned" | "active" {
  return stateOf(rowById(sql, bucketId));
}

function stateOf(row: BucketRow | undefined): "deleted" | "deleting" | "abandoned" | "active" {
  if (row === undefined) return "deleted";
  if (row.delete_began_ms === null) return "active";
  return row.delete_began_ms + DELETE_PATIENCE_MS > Date.now() ? "deleting" : "abandoned";
}
