import { ulid } from "../../../lib/ulid.ts";
import type { ChecksumAlgorithm } from "../../../protocol/checksums.ts";
import type {
  ListedPart,
  PartRecord,
  UploadChecksum,
} from "../../../protocol/multipart-completion.ts";
import { type UploadAbort, uploadAbortOf } from "../../../protocol/lifecycle/lifecycle-headers.ts";
import type { Segment, StoredChecksum, StoredHeaders } from "../../../protocol/object-record.ts";
import type {
  AbortOutcome,
  CreatedUpload,
  PartDraft,
  PartPage,
  PutPartOutcome,
  UploadDraft,
  UploadRecord,
} from "../../ports/upload-index.ts";
import { readAttributes, writeAttributes } from "../../wire/attributes-column.ts";
import { readChecksum, writeChecksum } from "../../wire/checksum-column.ts";
import { readUploadAccess, writeUploadAccess } from "../../wire/upload-access-column.ts";
import { addContent, dropReferences } from "../contents/contents.ts";
import { addBlob, isSwept, refer } from "../contents/references.ts";
import { insertCopiedSegments } from "../contents/segments.ts";
import { findObject } from "../rows/find-object.ts";
import type { ShardConfiguration } from "../shard-configuration.ts";
import type { Shard } from "../shard.ts";
import type { Transaction } from "../transaction.ts";

interface UploadRow extends Record<string, SqlStorageValue> {
  key: string;
  upload_id: string;
  initiated_ms: number;
  storage_class: string;
  checksum_algorithm: string | null;
  checksum_type: string | null;
  version_id: string | null;
  access: string | null;
  encryption: string | null;
  headers: string;
  attributes: string | null;
  object_sequence: number | null;
}

interface PartRow extends Record<string, SqlStorageValue> {
  part_number: number;
  modified_ms: number;
  size_bytes: number;
  etag: string;
  checksum: string | null;
  content_id: string;
}

/** @returns its id, which sorts by time; with that of the version, if the gateway reserves one: of another it does not know */
export function createUpload(
  { sql, counts, nowMs, settings, configuration, schedule }: Transaction,
  key: string,
  draft: UploadDraft,
): CreatedUpload | string {
  if (settings.uploadExpiryMs > 0) schedule("uploads", nowMs + settings.uploadExpiryMs);
  const uploadId = ulid(nowMs);
  const versionId = configuration.versioning === "Enabled" ? draft.versionId : undefined;
  sql.exec(
    `INSERT INTO upload (key, upload_id, initiated_ms, storage_class, checksum_algorithm, checksum_type, version_id,
       access, encryption, headers, attributes, object_sequence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    key,
    uploadId,
    nowMs,
    draft.storageClass,
    draft.checksum?.algorithm ?? null,
    draft.checksum?.type ?? null,
    versionId ?? null,
    writeUploadAccess(draft),
    draft.encryption ?? null,
    JSON.stringify(draft.headers),
    writeAttributes(draft.attributes),
    findObject(sql, key)?.sequence ?? null,
  );
  counts.add({ table: "upload", key, uploadId }, { uploads: 1 });
  const { wantsAbort = false } = draft;
  if (draft.versionId === undefined && !wantsAbort) return uploadId;
  const abort = wantsAbort ? abortOf(configuration, key, nowMs) : undefined;
  return { uploadId, versionId, ...(abort !== undefined && { abort }) };
}

function abortOf(
  { lifecycle }: ShardConfiguration,
  key: string,
  initiatedMs: number,
): UploadAbort | undefined {
  return lifecycle && uploadAbortOf(lifecycle, key, initiatedMs);
}

export function findUpload(
  sql: SqlStorage,
  key: string,
  uploadId: string,
): UploadRecord | undefined {
  const row = sql
    .exec<UploadRow>("SELECT * FROM upload WHERE key = ? AND upload_id = ?", key, uploadId)
    .toArray()[0];
  return (
    row && {
      key: row.key,
      uploadId: row.upload_id,
      initiatedMs: row.initiated_ms,
      storageClass: row.storage_class,
      checksum: uploadChecksum(row.checksum_algorithm, row.checksum_type),
      headers: JSON.parse(row.headers) as StoredHeaders,
      attributes: readAttributes(row.attributes),
      ...readUploadAccess(row.access),
      ...(row.encryption !== null && { encryption: row.encryption }),
      ...(row.version_id !== null && { versionId: row.version_id }),
      objectSequence: row.object_sequence ?? undefined,
    }
  );
}

/** What stands in the two columns was written by {@link createUpload}. */
export function uploadChecksum(
  algorithm: string | null,
  type: string | null,
): UploadChecksum | undefined {
  if (algorithm === null) return undefined;
  return { algorithm: algorithm as ChecksumAlgorithm, type: type as StoredChecksum["type"] };
}

/** Makes `draft` the part of that number; what it replaces becomes garbage. */
export function putPart(
  transaction: Transaction,
  key: string,
  uploadId: string,
  partNumber: number,
  draft: PartDraft,
): PutPartOutcome {
  const { sql, counts, nowMs } = transaction;
  const { content } = draft;
  if (isSwept(transaction, content.kind === "copy" ? content.source : content))
    return { ok: false, reason: "RequestTimeout" };
  if (findUpload(sql, key, uploadId) === undefined) return { ok: false, reason: "NoSuchUpload" };
  const contentId = partContent(transaction, partNumber, draft);
  if (contentId === undefined) return { ok: false, reason: "SourceGone" };
  const [replaced] = findParts(sql, uploadId, partNumber - 1, 1);
  const place = { table: "upload", key, uploadId } as const;
  if (replaced?.part_number === partNumber) {
    dropReferences(transaction, replaced.content_id, 1, replaced.size_bytes);
    counts.subtract(place, { uploadBytes: replaced.size_bytes });
  }
  sql.exec(
    `INSERT OR REPLACE INTO part (upload_id, part_number, modified_ms, size_bytes, etag, checksum, content_id,
       sealed_key)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    uploadId,
    partNumber,
    nowMs,
    draft.sizeBytes,
    draft.etag,
    writeChecksum(draft.checksum),
    contentId,
    content.kind === "blob" ? (content.sealedKey ?? null) : null,
  );
  counts.add(place, { uploadBytes: draft.sizeBytes });
  return { ok: true, lastModifiedMs: nowMs };
}

/** @returns a content with a reference for the part; undefined when its source is gone */
function partContent(
  transaction: Transaction,
  partNumber: number,
  { content }: PartDraft,
): string | undefined {
  const { sql, state, nowMs } = transaction;
  if (content.kind === "blob") {
    addBlob(transaction, content);
    return content.blobId;
  }
  const contentId = `${state.name}/${ulid(nowMs)}`;
  const { source, segments } = content;
  // Another shard's content is kept by the hold on it as a whole; in this one, each segment knows its keeper.
  const isHeld = source.holdToken !== undefined;
  const keeperOf = (segment: Segment): string => (isHeld ? source.contentId : segment.keeperId);
  const keepers = [...Map.groupBy(segments, keeperOf)];
  for (const [i, [keeperId, { length }]] of keepers.entries()) {
    if (refer(transaction, { ...source, contentId: keeperId }, length)) continue;
    for (const [id, taken] of keepers.slice(0, i)) dropReferences(transaction, id, taken.length);
    return undefined;
  }
  addContent(sql, contentId);
  insertCopiedSegments(sql, contentId, partNumber, segments, isHeld ? source.contentId : undefined);
  return contentId;
}

/** The parts of an upload after the one of number `after`. */
export function findParts(
  sql: SqlStorage,
  uploadId: string,
  after: number,
  limit: number,
): readonly PartRow[] {
  return sql
    .exec<PartRow>(
      "SELECT * FROM part WHERE upload_id = ? AND part_number > ? ORDER BY part_number LIMIT ?",
      uploadId,
      after,
      limit,
    )
    .toArray();
}

export function listParts(
  { sql, configuration }: Shard,
  key: string,
  uploadId: string,
  after: number,
  limit: number,
): PartPage | undefined {
  const upload = findUpload(sql, key, uploadId);
  if (upload === undefined) return undefined;
  const rows = findParts(sql, uploadId, after, limit + 1);
  const parts = rows.slice(0, limit).map((row): PartRecord => ({
    partNumber: row.part_number,
    sizeBytes: row.size_bytes,
    etag: row.etag,
    lastModifiedMs: row.modified_ms,
    checksum: readChecksum(row.checksum),
  }));
  const abort = abortOf(configuration, key, upload.initiatedMs);
  return { upload, parts, isTruncated: rows.length > limit, ...(abort !== undefined && { abort }) };
}

export function abortUpload(
  transaction: Transaction,
  key: string,
  uploadId: string,
  initiatedMs: number | undefined,
): AbortOutcome {
  const upload = findUpload(transaction.sql, key, uploadId);
  if (upload === undefined) return "NoSuchUpload";
  if (initiatedMs !== undefined && seconds(initiatedMs) !== seconds(upload.initiatedMs))
    return "PreconditionFailed";
  removeUpload(transaction, key, uploadId);
  return upload.versionId === undefined ? "aborted" : { versionId: upload.versionId };
}

function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}

/** What was uploaded, but is none of `kept`, becomes garbage. */
export function dropOtherParts(
  transaction: Transaction,
  key: string,
  uploadId: string,
  kept: readonly ListedPart[],
): void {
  const dropped = transaction.sql.exec<DroppedPart>(
    `DELETE FROM part WHERE upload_id = ? AND part_number NOT IN (SELECT value FROM json_each(?))
     RETURNING content_id, size_bytes`,
    uploadId,
    JSON.stringify(kept.map(({ partNumber }) => partNumber)),
  );
  dropParts(transaction, key, uploadId, dropped.toArray());
}

type DroppedPart = { content_id: string; size_bytes: number };

function dropParts(
  transaction: Transaction,
  key: string,
  uploadId: string,
  parts: readonly DroppedPart[],
): number {
  for (const { content_id: contentId, size_bytes: sizeBytes } of parts)
    dropReferences(transaction, contentId, 1, sizeBytes);
  const uploadBytes = parts.reduce((sum, part) => sum + part.size_bytes, 0);
  transaction.counts.subtract({ table: "upload", key, uploadId }, { uploadBytes });
  return uploadBytes;
}

/** The upload is over; the parts that it still has become garbage. @returns how many bytes they have */
export function removeUpload(transaction: Transaction, key: string, uploadId: string): number {
  const { sql, counts } = transaction;
  const parts = sql.exec<DroppedPart>(
    "DELETE FROM part WHERE upload_id = ? RETURNING content_id, size_bytes",
    uploadId,
  );
  const droppedBytes = dropParts(transaction, key, uploadId, parts.toArray());
  sql.exec("DELETE FROM upload WHERE key = ? AND upload_id = ?", key, uploadId);
  counts.subtract({ table: "upload", key, uploadId }, { uploads: 1 });
  return droppedBytes;
}

/** Aborts up to `limit` uploads that began before `beforeMs`. */
export function abortUploadsBefore(
  transaction: Transaction,
  beforeMs: number,
  limit: number,
): number {
  const rows = transaction.sql
    .exec<{ key: string; upload_id: string }>(
      "SELECT key, upload_id FROM upload WHERE initiated_ms <= ? ORDER BY initiated_ms LIMIT ?",
      beforeMs,
      limit,
    )
    .toArray();
  for (const row of rows) removeUpload(transaction, row.key, row.upload_id);
  return rows.length;
}

/** When the oldest upload began; undefined when there is none. */
export function oldestUploadMs(sql: SqlStorage): number | undefined {
  const query = "SELECT MIN(initiated_ms) AS oldest FROM upload";
  return sql.exec<{ oldest: number | null }>(query).one().oldest ?? undefined;
}
