import { ownerOfAccess } from "../../../protocol/acl/stored-acl.ts";
import type { ObjectAttributes, ReplicaDraft } from "../../../protocol/object-record.ts";
import { isOwnVersionId, NULL_VERSION, newVersionId } from "../../../protocol/version-id.ts";
import type { Removal, RemoveOutcome, RequiredOwner } from "../../ports/bucket-index.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import type { RemovedBy } from "../events.ts";
import { touchZone } from "../lifecycle/zones.ts";
import { replicateNew } from "../replication/replicate-version.ts";
import {
  attributesOfReplica,
  idOfReplica,
  keepNewer,
  refuseReplica,
} from "../replication/take-replica.ts";
import {
  findNewestVersion,
  findObject,
  findVersion,
  type FoundVersion,
} from "../rows/find-object.ts";
import { hasForeignIds, noteForeignId } from "../rows/foreign-ids.ts";
import { checkObject, NO_OBJECT, type ObjectRow } from "../rows/object-row.ts";
import {
  deleteObjectRow,
  deleteVersionRow,
  promoteVersionRow,
  putMarkerRow,
} from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";
import { dropContent, makeRoom } from "./make-room.ts";

/**
 * Removes an object or a version of it, if the conditions hold. What does not exist is removed already. A full shard removes
 * for good, and makes no marker.
 */
export function removeObject(transaction: Transaction, removal: Removal): RemoveOutcome {
  if (removal.versionId !== undefined)
    return removeVersion(transaction, removal, removal.versionId);
  const { key, conditions, by, onlyIfOwner } = removal;
  const existing = findObject(transaction.sql, key);
  if (!isOwners(existing, onlyIfOwner)) return { ok: false, reason: "NotOwner" };
  const refusal = checkObject(conditions, existing);
  if (refusal !== undefined) return refusal;
  const { configuration, room } = transaction;
  const makesMarker = configuration.versioning !== undefined;
  if (makesMarker && !room.takeSpare()) return { ok: false, reason: "SlowDown" };
  const { replica } = removal;
  const refused = replica && refuseReplica(transaction, key, replica);
  if (refused !== undefined) return refused;
  const removed = removeCurrent(transaction, key, existing, by, replica);
  if (replica !== undefined) keepNewer(transaction, key, replica);
  return { ok: true, ...removed };
}

interface Removed {
  readonly versionId: string | undefined;
  readonly isMarker: boolean;
}

/** A delete that names no version: in a bucket with versions it makes a marker. */
export function removeCurrent(
  transaction: Transaction,
  key: string,
  existing: ObjectRow | undefined,
  by: RemovedBy = "Delete",
  replica?: ReplicaDraft,
): Removed {
  const { state, nowMs, emit } = transaction;
  const { versioning, lifecycle } = transaction.configuration;
  makeRoom(transaction, key, existing);
  if (existing !== undefined) deleteObjectRow(transaction, existing);
  if (versioning === undefined) {
    if (existing !== undefined) emit({ kind: "removed", by, row: existing });
    return { versionId: undefined, isMarker: false };
  }
  const sequence = state.takeSequence();
  const versionId = versioning === "Enabled" ? newVersionId(sequence) : null;
  const id =
    replica === undefined ? { version_id: versionId, is_foreign: null } : idOfReplica(replica);
  const modifiedMs = replica?.imported?.lastModifiedMs ?? nowMs;
  const unmarked = { ...NO_OBJECT, key, sequence, modified_ms: modifiedMs, ...id };
  if (replica !== undefined) noteForeignId(transaction.sql);
  const marker = {
    ...unmarked,
    attributes: attributesOfMarker(transaction, unmarked, by, replica),
  };
  putMarkerRow(transaction, marker);
  // It may be the only version that the key has.
  const isLone = existing === undefined || versionId === null;
  if (lifecycle?.removesLoneMarkers === true && (isLone || replica?.imported !== undefined))
    touchZone(transaction, key);
  emit({ kind: "marked", by, row: marker });
  return { versionId: id.version_id ?? NULL_VERSION, isMarker: true };
}

/** What lifecycle rules mark as deleted, they do in a destination by its own rules. */
function attributesOfMarker(
  transaction: Transaction,
  marker: ObjectRow,
  by: RemovedBy,
  replica: ReplicaDraft | undefined,
): string | null {
  if (replica?.imported !== undefined) return null;
  if (replica !== undefined) return attributesOfReplica(marker.attributes);
  return by === "Lifecycle" ? null : replicateNew(transaction, marker, true);
}

function removeVersion(
  transaction: Transaction,
  removal: Removal,
  versionId: string,
): RemoveOutcome {
  const { nowMs } = transaction;
  const { key, conditions, bypassesGovernance, by = "Delete", onlyIfOwner } = removal;
  const found = findVersion(transaction.sql, key, versionId);
  if (!isOwners(found?.row, onlyIfOwner)) return { ok: false, reason: "NotOwner" };
  const refusal = checkObject(conditions, found?.row);
  if (refusal !== undefined) return refusal;
  if (found === undefined)
    return isOwnVersionId(versionId) || hasForeignIds(transaction.sql)
      ? { ok: true, versionId, isMarker: false }
      : { ok: false, reason: "NoSuchVersion" };
  if (isLocked(readAttributes(found.row.attributes), nowMs, bypassesGovernance))
    return { ok: false, reason: "AccessDenied" };
  removeFound(transaction, found, by);
  return { ok: true, versionId, isMarker: found.isMarker };
}

/** The version goes for good; what is not locked, the caller has seen. */
export function removeFound(
  transaction: Transaction,
  { row, isCurrentObject, isMarker }: FoundVersion,
  by: RemovedBy,
): void {
  const { cache, emit } = transaction;
  const { key } = row;
  if (isCurrentObject) {
    deleteObjectRow(transaction, row);
    cache.delete(key);
  } else deleteVersionRow(transaction, { ...row, is_marker: Number(isMarker) });
  if (!isMarker) dropContent(transaction, row);
  promoteNewest(transaction, key);
  // What is left may be the current version from now on, or a lone delete marker.
  touchZone(transaction, key);
  emit({ kind: "removed", by, row });
}

/** What is not there is nobody's: the same delete once more is as good. */
function isOwners(row: ObjectRow | undefined, required: RequiredOwner | undefined): boolean {
  if (row === undefined || required === undefined) return true;
  const owner = ownerOfAccess(row.access ?? undefined);
  return owner === undefined ? required.isBucketOwner : owner.canonicalId === required.canonicalId;
}

/** Object Lock forbids that the version goes. */
export function isLocked(
  { retention, hasLegalHold, eventHold }: ObjectAttributes,
  nowMs: number,
  bypassesGovernance: boolean,
): boolean {
  if (hasLegalHold === true || eventHold?.isOn === true) return true;
  if (retention === undefined || retention.retainUntilMs <= nowMs) return false;
  return retention.mode === "COMPLIANCE" || !bypassesGovernance;
}

/** The newest version that is left is the current one: into `object` with it, unless it is a marker. */
function promoteNewest(transaction: Transaction, key: string): void {
  const { sql, cache } = transaction;
  if (findObject(sql, key) !== undefined) return;
  const newest = findNewestVersion(sql, key);
  if (newest === undefined || newest.is_marker === 1) return;
  promoteVersionRow(transaction, newest);
  cache.delete(key);
}

/** No object, no older version, no delete marker. */
export function isEmpty(sql: SqlStorage): boolean {
  const query = "SELECT EXISTS (SELECT 1 FROM object) + EXISTS (SELECT 1 FROM version) AS found";
  return sql.exec<{ found: number }>(query).one().found === 0;
}
