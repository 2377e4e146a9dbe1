import type { WriteConditions } from "../../protocol/conditions.ts";
import type { ObjectAttributes, ObjectDraft, Retention } from "../../protocol/object-record.ts";
import { newVersionId } from "../../protocol/version-id.ts";
import type { CommitOutcome } from "../bucket-index.ts";
import { copyAnnotations, countAnnotations } from "./annotation-rows.ts";
import { writeChecksum } from "./checksum-column.ts";
import { addContent } from "./contents.ts";
import { findObject } from "./find-object.ts";
import { makeRoom } from "./make-room.ts";
import { writeAttributes } from "./attributes-column.ts";
import { checkObject, NO_OBJECT, type ObjectRow, shownVersionId } from "./object-row.ts";
import { putObjectRow } from "./object-table.ts";
import { isSwept, refer } from "./references.ts";
import type { Effect } from "./shard.ts";

/** Makes `draft` the object of `key`, if the conditions hold; what it replaces becomes an older version, or garbage. */
export function commitObject(
  shard: Effect,
  key: string,
  draft: ObjectDraft,
  conditions: WriteConditions,
): CommitOutcome {
  const { content } = draft;
  if (content.kind !== "inline" && isSwept(shard, content))
    return { ok: false, reason: "RequestTimeout" };
  const existing = findObject(shard.sql, key);
  const refusal = checkObject(conditions, existing);
  if (refusal !== undefined) return refusal;
  if (draft.annotatedAs !== undefined && countAnnotations(shard.sql, draft.annotatedAs) === 0)
    return { ok: false, reason: "SourceGone" };
  const placed = adopt(shard, content);
  if (placed === undefined) return { ok: false, reason: "SourceGone" };
  const versionId =
    placeObject(shard, key, existing, newRow(shard, draft), placed, draft.annotatedAs) ?? null;
  const { versioning } = shard.state.configuration;
  return {
    ok: true,
    lastModifiedMs: shard.nowMs,
    versionId: shownVersionId(versionId, versioning),
  };
}

/** @returns what {@link placeObject} takes; undefined when nothing refers to the copied content any more */
function adopt(shard: Effect, content: ObjectDraft["content"]): Uint8Array | string | undefined {
  if (content.kind === "inline") return content.bytes;
  if (content.kind === "reference") return refer(shard, content, 1) ? content.contentId : undefined;
  addContent(shard.sql, content.blobId);
  return content.blobId;
}

/** What a new row says of an object, wherever it is placed. */
type RowDraft = Omit<ObjectRow, "key" | "sequence" | "version_id" | "content_id">;

export function newRow(
  shard: Effect,
  draft: Omit<ObjectDraft, "content" | "annotatedAs">,
): RowDraft {
  return {
    ...NO_OBJECT,
    modified_ms: shard.nowMs,
    size_bytes: draft.sizeBytes,
    etag: draft.etag,
    storage_class: draft.storageClass,
    checksum: writeChecksum(draft.checksum),
    part_count: draft.partCount ?? null,
    attributes: newAttributes(shard, draft.attributes),
    headers: JSON.stringify(draft.headers),
  };
}

/**
 * Makes an object of the row the current version of `key`.
 *
 * @param existing what is in `object` now
 * @param content the inline bytes, or the id of a content with a reference for this row
 * @param annotatedAs the sequence of the version whose annotations it gets as well
 * @returns the id of the new version; undefined for the null version
 */
export function placeObject(
  shard: Effect,
  key: string,
  existing: ObjectRow | undefined,
  row: RowDraft,
  content: Uint8Array | string,
  annotatedAs?: number,
): string | undefined {
  const { sql, state, cache } = shard;
  const { versioning } = state.configuration;
  const sequence = state.takeSequence();
  // Before the other row may go, and its annotations with it.
  if (annotatedAs !== undefined) copyAnnotations(sql, annotatedAs, sequence);
  makeRoom(shard, key, existing);
  cache.delete(key);

  const versionId = versioning === "Enabled" ? newVersionId(sequence) : null;
  if (typeof content === "string")
    putObjectRow(sql, { ...row, key, sequence, version_id: versionId, content_id: content });
  else {
    sql.exec("INSERT INTO inline_body (sequence, bytes) VALUES (?, ?)", sequence, content);
    putObjectRow(sql, { ...row, key, sequence, version_id: versionId, content_id: null });
  }
  return versionId ?? undefined;
}

/** The `attributes` of a new row: what the upload does not say about retention, the bucket says. */
export function newAttributes(
  { state, nowMs }: Effect,
  attributes: ObjectAttributes,
): string | null {
  const rule = state.configuration.objectLock?.defaultRetention;
  if (rule === undefined || attributes.retention !== undefined) return writeAttributes(attributes);
  const until = new Date(nowMs);
  until.setUTCDate(until.getUTCDate() + (rule.days ?? 0));
  until.setUTCFullYear(until.getUTCFullYear() + (rule.years ?? 0));
  const retention: Retention = { mode: rule.mode, retainUntilMs: until.getTime() };
  return writeAttributes({ ...attributes, retention });
}
