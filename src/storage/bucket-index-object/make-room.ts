import { NULL_VERSION } from "../../protocol/version-id.ts";
import { dropAnnotations } from "./annotation-rows.ts";
import { findVersion } from "./find-object.ts";
import type { ObjectRow } from "./object-row.ts";
import { deleteVersionRow, keepObjectRow } from "./object-table.ts";
import { unrefer } from "./references.ts";
import type { Effect, Shard } from "./shard.ts";

/**
 * Before a new version or a delete marker becomes the current one of `key`: what has no versions is replaced, what has is
 * kept as an older one, and while versioning is suspended the null version is the one that is replaced.
 *
 * @param existing the row in `object`, which the caller replaces or deletes next
 */
export function makeRoom(shard: Effect, key: string, existing: ObjectRow | undefined): void {
  const { sql, state, cache } = shard;
  if (state.configuration.versioning === "Suspended") dropOlderNullVersion(shard, key, existing);
  if (existing === undefined) return;
  cache.delete(key);
  if (isKept(shard, existing)) keepObjectRow(sql, key);
  else dropContent(shard, existing);
}

/** The current version becomes an older one, where another object is replaced. */
export function isKept({ state }: Shard, existing: ObjectRow): boolean {
  return state.configuration.versioning === "Enabled" || existing.version_id !== null;
}

function dropOlderNullVersion(shard: Effect, key: string, existing: ObjectRow | undefined): void {
  if (existing?.version_id === null) return;
  const found = findVersion(shard.sql, key, NULL_VERSION);
  if (found === undefined) return;
  dropContent(shard, found.row);
  deleteVersionRow(shard.sql, key, found.row.sequence);
}

/** The row goes, and what belongs to it: what it refers to may become garbage. */
export function dropContent(shard: Effect, row: ObjectRow): void {
  dropAnnotations(shard.sql, row.sequence);
  if (row.content_id !== null) unrefer(shard, row.content_id);
  else shard.sql.exec("DELETE FROM inline_body WHERE sequence = ?", row.sequence);
}
