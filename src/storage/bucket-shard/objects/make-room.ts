import { NULL_VERSION } from "../../../protocol/version-id.ts";
import { dropReferences } from "../contents/contents.ts";
import { dropAnnotations } from "../rows/annotation-rows.ts";
import { findVersion } from "../rows/find-object.ts";
import type { ObjectRow } from "../rows/object-row.ts";
import { deleteVersionRow, keepObjectRow } from "../rows/object-table.ts";
import type { Shard } from "../shard.ts";
import type { Transaction } from "../transaction.ts";

/**
 * Before a new version or a delete marker becomes the current one of `key`: what has no versions is replaced, what has is
 * kept as an older one, and while versioning is suspended the null version is the one that is replaced.
 *
 * @param existing the row in `object`, which the caller replaces or deletes next
 */
export function makeRoom(
  transaction: Transaction,
  key: string,
  existing: ObjectRow | undefined,
): void {
  const { configuration, cache } = transaction;
  if (configuration.versioning === "Suspended") dropOlderNullVersion(transaction, key, existing);
  if (existing === undefined) return;
  cache.delete(key);
  if (isKept(transaction, existing)) keepObjectRow(transaction, existing);
  else dropContent(transaction, existing);
}

/** The current version becomes an older one, where another object is replaced. */
export function isKept({ configuration }: Shard, existing: ObjectRow): boolean {
  return configuration.versioning === "Enabled" || existing.version_id !== null;
}

function dropOlderNullVersion(
  transaction: Transaction,
  key: string,
  existing: ObjectRow | undefined,
): void {
  if (existing?.version_id === null) return;
  const found = findVersion(transaction.sql, key, NULL_VERSION);
  if (found === undefined) return;
  dropContent(transaction, found.row);
  deleteVersionRow(transaction, { ...found.row, is_marker: Number(found.isMarker) });
}

/** The row goes, and what belongs to it: what it refers to may become garbage. */
export function dropContent(transaction: Transaction, row: ObjectRow): void {
  dropAnnotations(transaction, row.sequence);
  if (row.content_id !== null) dropReferences(transaction, row.content_id, 1, row.size_bytes);
  else transaction.sql.exec("DELETE FROM inline_body WHERE sequence = ?", row.sequence);
}
