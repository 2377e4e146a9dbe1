import { ulid } from "../../../lib/ulid.ts";
import type { BlobContent } from "../../../protocol/object-record.ts";
import type { WriteConditions } from "../../../protocol/write-conditions.ts";
import type { AppendDraft, AppendedContent, CommitOutcome } from "../../ports/bucket-index.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import { readChecksum, writeChecksum } from "../../wire/checksum-column.ts";
import { addContent, addReferences } from "../contents/contents.ts";
import { addBlob, isSwept } from "../contents/references.ts";
import {
  copySegments,
  insertCopiedSegments,
  insertSegment,
  lastSegment,
} from "../contents/segments.ts";
import { findObject } from "../rows/find-object.ts";
import { checkObject, keyColumn, type ObjectRow } from "../rows/object-row.ts";
import type { Transaction } from "../transaction.ts";
import { isKept } from "./make-room.ts";
import { newAttributes, placeObject } from "./place-object.ts";

/**
 * Makes an object longer. No byte of it is moved: its new content has the segments of the old one, and the new blob. In a
 * bucket with versions, that is a new version.
 */
export function appendToObject(
  transaction: Transaction,
  key: string,
  draft: AppendDraft,
  conditions: WriteConditions,
): CommitOutcome {
  if (newBlobs(draft).some((blob) => isSwept(transaction, blob)))
    return { ok: false, reason: "RequestTimeout" };
  const existing = findObject(transaction.sql, key);
  const refusal = checkObject(conditions, existing);
  if (refusal !== undefined) return refusal;
  if (existing?.sequence !== draft.sequence) return { ok: false, reason: "SourceGone" };
  if (isUnlisted(transaction, existing, draft)) return { ok: false, reason: "SourceGone" };
  const { tags } = readAttributes(existing.attributes);
  const { content, partCount } = contentOf(transaction, existing, draft);
  const row = {
    ...existing,
    modified_ms: transaction.nowMs,
    size_bytes: draft.sizeBytes,
    etag: draft.etag,
    checksum: writeChecksum(draft.checksum),
    part_count: partCount ?? null,
    attributes: newAttributes(transaction, { ...draft.attributes, tags }),
    sealed_key: draft.content.kind === "appended" ? null : keyColumn(draft.content.sealedKey),
  };
  const versionId = placeObject(transaction, {
    by: "Append",
    key,
    existing,
    row,
    content,
    annotatedAs: existing.sequence,
  });
  return { ok: true, lastModifiedMs: transaction.nowMs, versionId };
}

/** The gateway took the object for one whose segments this shard has: it has moved here since, and they are where they were. */
function isUnlisted(
  { state }: Transaction,
  { content_id: contentId, part_count: partCount }: ObjectRow,
  { content }: AppendDraft,
): boolean {
  const isListed = content.kind !== "appended" || content.head !== undefined;
  return !isListed && contentId !== null && partCount !== null && !state.isHome(contentId);
}

function newBlobs({ content }: AppendDraft): readonly BlobContent[] {
  if (content.kind === "inline") return [];
  if (content.kind === "blob") return [content];
  const { head, tail } = content;
  return head !== undefined && "blobId" in head ? [head, tail] : [tail];
}

interface NewContent {
  /** Inline bytes, or a content with a reference for the new row. */
  readonly content: Uint8Array | string;
  readonly partCount: number | undefined;
}

function contentOf(
  transaction: Transaction,
  existing: ObjectRow,
  { content, partCount }: AppendDraft,
): NewContent {
  if (content.kind === "inline") return { content: content.bytes, partCount };
  if (content.kind === "blob") {
    addBlob(transaction, content);
    return { content: content.blobId, partCount };
  }
  const { sql } = transaction;
  const { head, tail } = content;
  const inPlaceId = grown(transaction, existing);
  const contentId = inPlaceId ?? stitchHead(transaction, existing, content);
  const last = lastSegment(sql, contentId);
  addBlob(transaction, tail);
  insertSegment(sql, contentId, existing.size_bytes, (last?.partNumber ?? 0) + 1, tail);
  const isCopied = inPlaceId === undefined && head === undefined;
  const dropped = isCopied && hasEmptyEnd(sql, existing) ? 1 : 0;
  return {
    content: contentId,
    partCount: partCount === undefined ? undefined : partCount - dropped,
  };
}

/** An empty last part, which begins where what is behind it does, is nowhere once there is something. */
function hasEmptyEnd(
  sql: SqlStorage,
  { content_id: contentId, part_count: count }: ObjectRow,
): boolean {
  if (contentId === null || count === null) return false;
  return lastSegment(sql, contentId)?.isEmpty === true;
}

/**
 * The content that the object has, to be made longer in its place: so that to append a thousand times does not mean to
 * write a thousand lists of up to a thousand segments. Whoever reads it meanwhile knows how long it was.
 *
 * @returns undefined when something else refers to the content, or may in a moment
 */
function grown(transaction: Transaction, existing: ObjectRow): string | undefined {
  const { sql, state } = transaction;
  const { content_id: contentId, size_bytes: sizeBytes } = existing;
  if (contentId === null || !state.isHome(contentId) || isKept(transaction, existing))
    return undefined;
  const last = lastSegment(sql, contentId);
  // What is appended would begin where an empty part does.
  if (last?.endBytes !== sizeBytes || last.isEmpty) return undefined;
  // The parts of a composite object can be listed by whoever has read it, and must stay as many as it said.
  if (readChecksum(existing.checksum)?.type === "COMPOSITE") return undefined;
  const [only] = sql
    .exec("SELECT 1 FROM content WHERE content_id = ? AND reference_count = 1", contentId)
    .toArray();
  if (only === undefined) return undefined;
  // The old row gives its reference back when the new one takes its place.
  addReferences(sql, contentId, 1);
  return contentId;
}

/** @returns a new content with the bytes that the object has */
function stitchHead(
  transaction: Transaction,
  existing: ObjectRow,
  { head }: AppendedContent,
): string {
  const { sql, state, nowMs } = transaction;
  const { size_bytes: sizeBytes, content_id: oldId } = existing;
  const contentId = `${state.name}/${ulid(nowMs)}`;
  addContent(sql, contentId);
  if (head !== undefined && "blobId" in head) {
    addBlob(transaction, head);
    insertSegment(sql, contentId, 0, 1, head);
  } else if (oldId === null) {
    throw new Error("inline bytes were not stored as a blob");
  } else if (head !== undefined) {
    addReferences(sql, oldId, head.length);
    insertCopiedSegments(sql, contentId, 1, head, oldId);
  } else if (existing.part_count === null) {
    addReferences(sql, oldId, 1);
    const { sealed_key: sealedKey } = existing;
    insertSegment(sql, contentId, 0, 1, { blobId: oldId, sizeBytes, sealedKey });
  } else copySegments(sql, oldId, contentId, sizeBytes);
  return contentId;
}
