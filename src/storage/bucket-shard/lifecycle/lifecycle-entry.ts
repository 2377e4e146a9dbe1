import type { LifecycleEntry } from "../../../protocol/lifecycle/lifecycle-actions.ts";
import type { Lifecycle } from "../../../protocol/lifecycle/lifecycle.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import { type FoundVersion, findObject } from "../rows/find-object.ts";
import type { VersionRow } from "../rows/object-row.ts";

/** Of a rule's NewerNoncurrentVersions. */
const MAX_NEWER_VERSIONS = 100;

/** A version as it is now, found by its sequence, and as rules look at it; undefined: it is gone. */
export function entryOfVersion(
  sql: SqlStorage,
  lifecycle: Lifecycle,
  key: string,
  sequence: number,
): { readonly found: FoundVersion; readonly entry: LifecycleEntry } | undefined {
  const found = findBySequence(sql, key, sequence);
  if (found === undefined) return undefined;
  const { row, isMarker } = found;
  const noncurrentSinceMs = nextNewerMs(sql, key, sequence);
  return {
    found,
    entry: {
      key,
      sizeBytes: row.size_bytes,
      tags: lifecycle.hasTags ? readAttributes(row.attributes).tags : [],
      storageClass: row.storage_class,
      modifiedMs: row.modified_ms,
      isMarker,
      noncurrentSinceMs,
      newerVersions: lifecycle.countsVersions ? countNewer(sql, key, sequence) : 0,
      isLone: isMarker && noncurrentSinceMs === undefined && !hasOlder(sql, key, sequence),
    },
  };
}

function findBySequence(sql: SqlStorage, key: string, sequence: number): FoundVersion | undefined {
  const current = findObject(sql, key);
  if (current?.sequence === sequence)
    return { row: current, isCurrentObject: true, isMarker: false };
  const [row] = sql
    .exec<VersionRow>("SELECT * FROM version WHERE key = ? AND sequence = ?", key, sequence)
    .toArray();
  return row && { row, isCurrentObject: false, isMarker: row.is_marker === 1 };
}

function nextNewerMs(sql: SqlStorage, key: string, sequence: number): number | undefined {
  return sql
    .exec<{ modified_ms: number }>(
      `SELECT sequence, modified_ms FROM object WHERE key = ?1 AND sequence > ?2
       UNION ALL SELECT sequence, modified_ms FROM version WHERE key = ?1 AND sequence > ?2
       ORDER BY sequence LIMIT 1`,
      key,
      sequence,
    )
    .toArray()[0]?.modified_ms;
}

/** What is in `version` and no marker is not the current one. */
function countNewer(sql: SqlStorage, key: string, sequence: number): number {
  return sql
    .exec<{ count: number }>(
      `SELECT COUNT(*) AS count FROM
         (SELECT 1 FROM version WHERE key = ? AND sequence > ? AND is_marker = 0 LIMIT ${MAX_NEWER_VERSIONS})`,
      key,
      sequence,
    )
    .one().count;
}

function hasOlder(sql: SqlStorage, key: string, sequence: number): boolean {
  const query = "SELECT EXISTS (SELECT 1 FROM version WHERE key = ? AND sequence < ?) AS has_older";
  return sql.exec<{ has_older: number }>(query, key, sequence).one().has_older === 1;
}
