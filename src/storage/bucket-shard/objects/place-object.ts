import { endOf, holdDuration } from "../../../protocol/event-hold.ts";
import type {
  ObjectAttributes,
  ObjectDraft,
  ReplicaDraft,
} from "../../../protocol/object-record.ts";
import { newVersionId } from "../../../protocol/version-id.ts";
import type { WriteConditions } from "../../../protocol/write-conditions.ts";
import type { CommitOutcome } from "../../ports/bucket-index.ts";
import { writeAttributes } from "../../wire/attributes-column.ts";
import { writeChecksum } from "../../wire/checksum-column.ts";
import { addBlob, isSwept, refer } from "../contents/references.ts";
import { stitchBlob } from "../contents/stitch-blob.ts";
import type { CreatedBy } from "../events.ts";
import { replicateNew } from "../replication/replicate-version.ts";
import {
  attributesOfReplica,
  idOfReplica,
  importedRow,
  keepNewer,
  refuseReplica,
} from "../replication/take-replica.ts";
import { touchZone } from "../lifecycle/zones.ts";
import { copyAnnotations, countAnnotations } from "../rows/annotation-rows.ts";
import { findObject, findVersion } from "../rows/find-object.ts";
import { hasForeignIds, noteForeignId } from "../rows/foreign-ids.ts";
import {
  checkObject,
  keyColumn,
  NO_OBJECT,
  type ObjectRow,
  shownVersionId,
} from "../rows/object-row.ts";
import { putObjectRow } from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";
import { expirationOfRow } from "./expiration.ts";
import { makeRoom } from "./make-room.ts";

/** Makes `draft` the object of `key`, if the conditions hold; what it replaces becomes an older version, or garbage. */
export function commitObject(
  transaction: Transaction,
  key: string,
  draft: ObjectDraft,
  conditions: WriteConditions,
): CommitOutcome {
  const { content } = draft;
  if (content.kind !== "inline" && isSwept(transaction, content))
    return { ok: false, reason: "RequestTimeout" };
  const existing = findObject(transaction.sql, key);
  const { replica } = draft;
  const refusal =
    checkObject(conditions, existing) ?? (replica && refuseReplica(transaction, key, replica));
  if (refusal !== undefined) return refusal;
  if (draft.annotatedAs !== undefined && countAnnotations(transaction.sql, draft.annotatedAs) === 0)
    return { ok: false, reason: "SourceGone" };
  const placed = adopt(transaction, content, replica?.imported?.partSizes);
  if (placed === undefined) return { ok: false, reason: "SourceGone" };
  const { by = "Put", annotatedAs } = draft;
  const isStitched = replica?.imported?.partSizes !== undefined;
  const sealed_key = isStitched ? null : keyColumn(content.sealedKey);
  const row = { ...importedRow(newRow(transaction, draft), replica), sealed_key };
  const placement: Placement = { by, key, existing, row, content: placed, annotatedAs, replica };
  const versionId = placeObject(transaction, placement) ?? null;
  if (replica !== undefined) keepNewer(transaction, key, replica);
  const { versioning } = transaction.configuration;
  return {
    ok: true,
    lastModifiedMs: row.modified_ms,
    versionId: shownVersionId(versionId, versioning),
    expiration: expirationOfRow(transaction, { ...row, key }),
  };
}

/** @returns what {@link placeObject} takes; undefined when nothing refers to the copied content any more */
function adopt(
  transaction: Transaction,
  content: ObjectDraft["content"],
  partSizes: readonly number[] | undefined,
): Uint8Array | string | undefined {
  if (content.kind === "inline") return content.bytes;
  if (content.kind === "reference")
    return refer(transaction, content, 1) ? content.contentId : undefined;
  addBlob(transaction, content);
  return partSizes === undefined ? content.blobId : stitchBlob(transaction, content, partSizes);
}

/** What a new row says of an object, wherever it is placed. */
type RowDraft = Omit<ObjectRow, "key" | "sequence" | "version_id" | "is_foreign" | "content_id">;

export function newRow(
  transaction: Transaction,
  draft: Omit<ObjectDraft, "content" | "annotatedAs">,
): RowDraft {
  return {
    ...NO_OBJECT,
    modified_ms: transaction.nowMs,
    size_bytes: draft.sizeBytes,
    etag: draft.etag,
    storage_class: draft.storageClass,
    checksum: writeChecksum(draft.checksum),
    part_count: draft.partCount ?? null,
    access: draft.access ?? null,
    encryption: draft.encryption ?? null,
    attributes: newAttributes(transaction, draft.attributes),
    headers: JSON.stringify(draft.headers),
  };
}

interface Placement {
  readonly by: CreatedBy;
  readonly key: string;
  /** What is in `object` now. */
  readonly existing: ObjectRow | undefined;
  readonly row: RowDraft;
  /** The inline bytes, or the id of a content with a reference for this row. */
  readonly content: Uint8Array | string;
  /** The sequence of the version whose annotations it gets as well. */
  readonly annotatedAs?: number | undefined;
  /** The id that was reserved for it, which it gets where versions have ids of their own; undefined: none was. */
  readonly reservedVersionId?: string | undefined;
  /** Undefined: it is none. */
  readonly replica?: ReplicaDraft | undefined;
}

/**
 * Makes an object of the row the current version of `key`.
 *
 * @returns the id of the new version; undefined for the null version
 */
export function placeObject(transaction: Transaction, placement: Placement): string | undefined {
  const { by, key, existing, row, content, annotatedAs, replica } = placement;
  const { sql, state, cache, emit } = transaction;
  const sequence = state.takeSequence();
  // Before the other row may go, and its annotations with it.
  if (annotatedAs !== undefined) copyAnnotations(transaction, annotatedAs, sequence);
  makeRoom(transaction, key, existing);
  cache.delete(key);

  const unmarked = {
    ...row,
    key,
    sequence,
    ...idOf(transaction, placement, sequence),
    content_id: typeof content === "string" ? content : null,
  };
  if (replica !== undefined) noteForeignId(sql);
  const attributes = attributesOf(transaction, unmarked, replica);
  const placed = { ...unmarked, attributes };
  if (typeof content !== "string")
    sql.exec("INSERT INTO inline_body (sequence, bytes) VALUES (?, ?)", sequence, content);
  putObjectRow(transaction, placed, existing);
  // It may be old enough already for what rules do.
  if (replica?.imported !== undefined) touchZone(transaction, key);
  emit({ kind: "created", by, row: placed });
  return placed.version_id ?? undefined;
}

/** What is imported was there before all rules. */
function attributesOf(
  transaction: Transaction,
  row: ObjectRow,
  replica: ReplicaDraft | undefined,
): string | null {
  if (replica === undefined) return replicateNew(transaction, row);
  return replica.imported === undefined ? attributesOfReplica(row.attributes) : row.attributes;
}

function idOf(
  { sql, configuration }: Transaction,
  { key, reservedVersionId: reserved, replica }: Placement,
  sequence: number,
): Pick<ObjectRow, "is_foreign" | "version_id"> {
  if (replica !== undefined) return idOfReplica(replica);
  if (configuration.versioning !== "Enabled") return { version_id: null, is_foreign: null };
  // An id is given once: a replica may have come meanwhile that says it has this one.
  const isTaken =
    reserved !== undefined && hasForeignIds(sql) && findVersion(sql, key, reserved) !== undefined;
  return reserved === undefined || isTaken
    ? { version_id: newVersionId(sequence), is_foreign: null }
    : { version_id: reserved, is_foreign: 1 };
}

/**
 * The `attributes` of a new row: what the upload does not say about retention, the bucket says. An event hold it says only where the upload
 * says nothing of locks at all.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DefaultRetention.html
 */
export function newAttributes(
  { configuration, nowMs }: Transaction,
  given: ObjectAttributes,
): string | null {
  // What has another's attributes is a version of its own, of which nothing was replicated yet.
  const attributes = given.replication === undefined ? given : { ...given, replication: undefined };
  const rule = configuration.lockRule;
  if (rule === undefined) return writeAttributes(attributes);
  const { Mode: mode, Days: days = 0, Years: years = 0, DefaultEventHold } = rule;
  const { retention, hasLegalHold, eventHold } = attributes;
  const isSilent = (retention ?? hasLegalHold ?? eventHold) === undefined;
  const duration = isSilent && DefaultEventHold ? holdDuration(DefaultEventHold) : undefined;
  return writeAttributes({
    ...attributes,
    ...(retention === undefined &&
      mode !== undefined && {
        retention: { mode, retainUntilMs: endOf(nowMs, { days, years }) },
      }),
    ...(duration !== undefined && { eventHold: { isOn: true, ...duration } }),
  });
}
