import type { WriteConditions } from "../../protocol/conditions.ts";
import type { BucketConfiguration } from "../../protocol/bucket-configuration.ts";
import type { ObjectAttributes, ObjectDraft, Retention } from "../../protocol/object-record.ts";
import { newVersionId } from "../../protocol/version-id.ts";
import type { CommitOutcome } from "../bucket-index.ts";
import { copyAnnotations, countAnnotations } from "./annotation-rows.ts";
import { writeChecksum } from "./checksum-column.ts";
import { addContent } from "./contents.ts";
import { findObject } from "./find-object.ts";
import { makeRoom } from "./make-room.ts";
import { checkObject, type ObjectRow, shownVersionId, writeAttributes } from "./object-row.ts";
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
  const versionId = placeObject(shard, key, existing, draft, placed) ?? null;
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

/** What a new row says; it is as old as the effect unless it says so. */
export type RowDraft = Omit<ObjectDraft, "content"> & { readonly modifiedMs?: number };

/**
 * Makes the row the current version of `key`.
 *
 * @param existing what is in `object` now
 * @param content the inline bytes, or the id of a content with a reference for this row
 * @returns the id of the new version; undefined for the null version
 */
export function placeObject(
  shard: Effect,
  key: string,
  existing: ObjectRow | undefined,
  draft: RowDraft,
  content: Uint8Array | string,
): string | undefined {
  const { sql, state, cache, nowMs } = shard;
  const { versioning } = state.configuration;
  const sequence = state.takeSequence();
  // Before the other row may go, and its annotations with it.
  if (draft.annotatedAs !== undefined) copyAnnotations(sql, draft.annotatedAs, sequence);
  makeRoom(shard, key, existing);
  cache.delete(key);

  const versionId = versioning === "Enabled" ? newVersionId(sequence) : null;
  const isInline = typeof content !== "string";
  if (isInline) sql.exec("INSERT INTO inline_body VALUES (?, ?)", sequence, content);
  sql.exec(
    "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    key,
    sequence,
    draft.modifiedMs ?? nowMs,
    draft.sizeBytes,
    draft.etag,
    draft.storageClass,
    writeChecksum(draft.checksum),
    isInline ? null : content,
    JSON.stringify(draft.headers),
    draft.partCount ?? null,
    versionId,
    writeAttributes(withDefaultRetention(draft.attributes, state.configuration, nowMs)),
  );
  return versionId ?? undefined;
}

/** What the upload does not say about retention, the bucket says. */
function withDefaultRetention(
  attributes: ObjectAttributes,
  { objectLock }: BucketConfiguration,
  nowMs: number,
): ObjectAttributes {
  const rule = objectLock?.defaultRetention;
  if (rule === undefined || attributes.retention !== undefined) return attributes;
  const until = new Date(nowMs);
  until.setUTCDate(until.getUTCDate() + (rule.days ?? 0));
  until.setUTCFullYear(until.getUTCFullYear() + (rule.years ?? 0));
  const retention: Retention = { mode: rule.mode, retainUntilMs: until.getTime() };
  return { ...attributes, retention };
}
