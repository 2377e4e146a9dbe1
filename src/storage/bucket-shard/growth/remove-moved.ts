import { dropContent } from "../objects/make-room.ts";
import { forgetMovedRows } from "../outbox/outbox.ts";
import { findObject } from "../rows/find-object.ts";
import type { VersionRow } from "../rows/object-row.ts";
import { deleteObjectRow, deleteVersionRow } from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";
import { removeUpload } from "../uploads/uploads.ts";
import { type PresentKinds, presentKinds } from "./present-kinds.ts";

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
  const present = presentKinds(transaction.sql);
  let left = limit;
  for (const key of keys) {
    left -= removeKey(transaction, key, left, present);
    if (left <= 0) return false;
  }
  return true;
}

/** @returns how many versions and uploads; as many as `limit` when there may be more */
function removeKey(
  transaction: Transaction,
  key: string,
  limit: number,
  present: PresentKinds,
): number {
  const { sql, cache } = transaction;
  cache.delete(key);
  let count = 0;
  const object = findObject(sql, key);
  if (object !== undefined) {
    dropContent(transaction, object);
    deleteObjectRow(transaction, object);
    count += 1;
  }
  if (present.versions) count += removeVersions(transaction, key, limit - count);
  if (present.uploads) count += removeUploads(transaction, key, limit - count);
  if (present.completions) sql.exec("DELETE FROM completed_upload WHERE moving_key = ?", key);
  if (present.events) forgetMovedRows(sql, key);
  return count;
}

function removeVersions(transaction: Transaction, key: string, limit: number): number {
  const versions = transaction.sql
    .exec<VersionRow>("SELECT * FROM version WHERE key = ? LIMIT ?", key, limit)
    .toArray();
  for (const row of versions) {
    if (row.is_marker === 0) dropContent(transaction, row);
    deleteVersionRow(transaction, row);
  }
  return versions.length;
}

function removeUploads(transaction: Transaction, key: string, limit: number): number {
  const uploads = transaction.sql
    .exec<{ upload_id: string }>("SELECT upload_id FROM upload WHERE key = ? LIMIT ?", key, limit)
    .toArray();
  for (const { upload_id: uploadId } of uploads) removeUpload(transaction, key, uploadId);
  return uploads.length;
}
