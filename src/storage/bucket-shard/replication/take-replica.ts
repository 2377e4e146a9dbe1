import { REPLICA } from "../../../protocol/replication/replication-status.ts";
import type { ReplicaDraft } from "../../../protocol/object-record.ts";
import { NULL_VERSION } from "../../../protocol/version-id.ts";
import type { ReplicaRefusal } from "../../ports/bucket-index.ts";
import { readAttributes, writeAttributes } from "../../wire/attributes-column.ts";
import { touchZone } from "../lifecycle/zones.ts";
import { findObject, findVersion, type FoundVersion } from "../rows/find-object.ts";
import type { ObjectRow, VersionRow } from "../rows/object-row.ts";
import {
  deleteObjectRow,
  deleteVersionRow,
  keepObjectRow,
  promoteVersionRow,
  putVersionRow,
} from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";

/** What a replica's row says of its id: that of what it is a replica of, which tells no sequence of this shard. */
export function idOfReplica({ versionId }: ReplicaDraft): {
  readonly version_id: string | null;
  readonly is_foreign: number | null;
} {
  if (versionId === NULL_VERSION) return { version_id: null, is_foreign: null };
  return { version_id: versionId, is_foreign: 1 };
}

export function attributesOfReplica(column: string | null): string | null {
  return writeAttributes({ ...readAttributes(column), replication: REPLICA });
}

/** The row of what is imported, as it was where it comes from; of anything else the row that it is given. */
export function importedRow<Row extends Pick<ObjectRow, "etag" | "modified_ms">>(
  row: Row,
  replica: ReplicaDraft | undefined,
): Row {
  const { imported } = replica ?? {};
  if (imported === undefined) return row;
  return { ...row, etag: imported.etag ?? row.etag, modified_ms: imported.lastModifiedMs };
}

/** Why a version may not be taken; undefined: it may. */
export function refuseReplica(
  { sql, configuration }: Transaction,
  key: string,
  { versionId, imported }: ReplicaDraft,
): ReplicaRefusal | undefined {
  if (configuration.versioning !== "Enabled") {
    // What had no version is put like any object.
    const isPlain = imported !== undefined && versionId === NULL_VERSION;
    return isPlain ? undefined : { ok: false, reason: "NotVersioned" };
  }
  const found = findVersion(sql, key, versionId);
  if (found === undefined) return undefined;
  const { replication } = readAttributes(found.row.attributes);
  // An id of a version is given once; what has none may be another object.
  const isIt =
    versionId !== NULL_VERSION ||
    (imported === undefined
      ? replication?.status === "REPLICA"
      : found.row.modified_ms === imported.lastModifiedMs);
  return { ok: false, reason: isIt ? "VersionExists" : "VersionConflict" };
}

/** Puts the versions that are newer where a replica comes from on top of it again, in the order given. */
export function keepNewer(
  transaction: Transaction,
  key: string,
  { newer = [] }: ReplicaDraft,
): void {
  for (const versionId of newer) {
    const found = findVersion(transaction.sql, key, versionId);
    if (found !== undefined) putOnTop(transaction, found);
  }
}

/** Gives a version the next sequence, and takes along what is kept under that. */
function putOnTop(
  transaction: Transaction,
  { row, isCurrentObject, isMarker }: FoundVersion,
): void {
  const { sql, state, cache } = transaction;
  const { key } = row;
  const sequence = state.takeSequence();
  if (isCurrentObject) deleteObjectRow(transaction, row);
  else {
    deleteVersionRow(transaction, { ...row, is_marker: Number(isMarker) });
    const current = findObject(sql, key);
    if (current !== undefined) {
      keepObjectRow(transaction, current);
      deleteObjectRow(transaction, current);
    }
  }
  for (const table of ["inline_body", "annotation"])
    sql.exec(`UPDATE ${table} SET sequence = ? WHERE sequence = ?`, sequence, row.sequence);
  const { is_marker: _, ...columns } = { is_marker: 0, ...row };
  const moved: VersionRow = {
    ...columns,
    sequence,
    is_foreign: row.version_id === null ? null : 1,
    is_marker: isMarker ? 1 : 0,
  };
  putVersionRow(transaction, moved);
  if (!isMarker) promoteVersionRow(transaction, moved);
  cache.delete(key);
  touchZone(transaction, key);
}
