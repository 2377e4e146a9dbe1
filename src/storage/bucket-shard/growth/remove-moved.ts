import { dropContent } from "../objects/make-room.ts";
import { forgetMovedRows } from "../outbox/outbox.ts";
import { findObject } from "../rows/find-object.ts";
import type { VersionRow } from "../rows/object-row.ts";
import { deleteObjectRow, deleteVersionRow } from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";
import { removeUpload } from "../uploads/uploads.ts";

/**
 * Deletes what this shard has of keys that have arrived elsewhere. It happens to nobody's object: no event tells of it.
 *
 * @param limit of versions and uploads @returns false: there is more
 */
export function removeMoved(
  transaction: Transaction,
  keys: readonly string[],
  limit: number,
): boolean {
  let left = limit;
  for (const key of keys) {
    left -= removeKey(transaction, key, left);
    if (left <= 0) return false;
  }
  return true;
}

/** @returns how many versions and uploads; as many as `limit` when there may be more */
function removeKey(transaction: Transaction, key: string, limit: number): number {
  const { sql, cache } = transaction;
  cache.delete(key);
  let count = 0;
  const object = findObject(sql, key);
  if (object !== undefined) {
    dropContent(transaction, object);
    deleteObjectRow(transaction, object);
    count += 1;
  }
  const versions = sql
    .exec<VersionRow>("SELECT * FROM version WHERE key = ? LIMIT ?", key, limit - count)
    .toArray();
  for (const row of versions) {
    if (row.is_marker === 0) dropContent(transaction, row);
    deleteVersionRow(transaction, row);
  }
  count += versions.length;
  const uploads = sql
    .exec<{ upload_id: string }>(
      "SELECT upload_id FROM upload WHERE key = ? LIMIT ?",
      key,
      limit - count,
    )
    .toArray();
  for (const { upload_id: uploadId } of uploads) removeUpload(transaction, key, uploadId);
  sql.exec("DELETE FROM completed_upload WHERE moving_key = ?", key);
  forgetMovedRows(sql, key);
  return count + uploads.length;
}
