import {
  isReservedVersionId,
  NULL_VERSION,
  sequenceOfVersion,
} from "../../../protocol/version-id.ts";
import type { NoVersion } from "../../ports/annotation-index.ts";
import type { DecidedOnObject, ObjectChanged } from "../../ports/decided-on.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import type { ObjectRow, VersionRow } from "./object-row.ts";

/** The current version, unless that is a delete marker. */
export function findObject(sql: SqlStorage, key: string): ObjectRow | undefined {
  return sql.exec<ObjectRow>("SELECT * FROM object WHERE key = ?", key).toArray()[0];
}

/** The newest of the versions that `object` does not have; the current one when it has none: a delete marker, then. */
export function findNewestVersion(sql: SqlStorage, key: string): VersionRow | undefined {
  return sql
    .exec<VersionRow>("SELECT * FROM version WHERE key = ? ORDER BY sequence DESC LIMIT 1", key)
    .toArray()[0];
}

export interface FoundVersion {
  readonly row: ObjectRow;
  /** It is in `object`, not in `version`. */
  readonly isCurrentObject: boolean;
  readonly isMarker: boolean;
}

/** One version by its id. */
export function findVersion(
  sql: SqlStorage,
  key: string,
  versionId: string,
): FoundVersion | undefined {
  const stored = versionId === NULL_VERSION ? null : versionId;
  const current = findObject(sql, key);
  if (current !== undefined && current.version_id === stored)
    return { row: current, isCurrentObject: true, isMarker: false };
  const row = findOlder(sql, key, stored);
  return row && { row, isCurrentObject: false, isMarker: row.is_marker === 1 };
}

function findOlder(sql: SqlStorage, key: string, versionId: string | null): VersionRow | undefined {
  const query = (condition: string, ...values: readonly SqlStorageValue[]) =>
    sql
      .exec<VersionRow>(`SELECT * FROM version WHERE key = ? AND ${condition}`, key, ...values)
      .toArray()[0];
  if (versionId === null) return query("version_id IS NULL");
  const foreign = () => query("version_id = ? AND is_foreign = 1", versionId);
  if (isReservedVersionId(versionId)) return foreign();
  return (
    query("sequence = ? AND version_id = ?", sequenceOfVersion(versionId), versionId) ?? foreign()
  );
}

/**
 * The version that a request is about, unless there is none, or it is a delete marker, or it is not any more as it was when the
 * gateway decided to let the request in: another object may have its key by now, or the object other tags, or another ACL.
 *
 * @param decidedOn undefined: the decision does not depend on the object
 */
export function requireVersion(
  sql: SqlStorage,
  key: string,
  versionId: string | undefined,
  decidedOn: DecidedOnObject | undefined,
): (FoundVersion & { readonly ok: true }) | NoVersion | ObjectChanged {
  const found = findVersionOrCurrent(sql, key, versionId);
  if (found === undefined)
    return { ok: false, reason: versionId === undefined ? "NoSuchKey" : "NoSuchVersion" };
  if (found.isMarker) return { ok: false, reason: "MethodNotAllowed" };
  if (decidedOn !== undefined && !isAs(found.row, decidedOn))
    return { ok: false, reason: "ObjectChanged" };
  return { ok: true, ...found };
}

function isAs(row: ObjectRow, { sequence, access, tags }: DecidedOnObject): boolean {
  return (
    row.sequence === sequence &&
    row.access === (access ?? null) &&
    JSON.stringify(readAttributes(row.attributes).tags) === JSON.stringify(tags)
  );
}

/** As {@link findVersion}; without an id the current version, a delete marker included. */
function findVersionOrCurrent(
  sql: SqlStorage,
  key: string,
  versionId: string | undefined,
): FoundVersion | undefined {
  if (versionId !== undefined) return findVersion(sql, key, versionId);
  const current = findObject(sql, key);
  if (current !== undefined) return { row: current, isCurrentObject: true, isMarker: false };
  const row = findNewestVersion(sql, key);
  return row && { row, isCurrentObject: false, isMarker: true };
}
