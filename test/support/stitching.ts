import { env } from "cloudflare:workers";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import type { Segment } from "../../src/protocol/object-record.ts";
import type { BucketIndex } from "../../src/storage/ports/bucket-index.ts";
import type { Completion, ListedPart } from "../../src/protocol/multipart-completion.ts";
import type {
  CompletedUpload,
  PartDraft,
  UploadDraft,
} from "../../src/storage/ports/upload-index.ts";
import { NO_ATTRIBUTES } from "../../src/protocol/object-record.ts";
import { WANTS_CONTENT } from "../../src/storage/ports/content-index.ts";
import { query } from "./shards.ts";

/** What S3 asks of every part but the last. */
export const LEAST_PART_BYTES = 5 * 1024 * 1024;

export const PLAIN_UPLOAD: UploadDraft = {
  storageClass: "STANDARD",
  headers: {},
  attributes: NO_ATTRIBUTES,
  checksum: undefined,
};

/** An MD5 for whoever asks for nothing but that they differ. */
export function etagOf(number: number): string {
  return number.toString(16).padStart(32, "0");
}

export function partDraft(
  content: PartDraft["content"],
  sizeBytes = LEAST_PART_BYTES,
  etag = etagOf(1),
): PartDraft {
  return { sizeBytes, etag, checksum: undefined, content };
}

export function completionOf(parts: readonly (readonly [number, string])[]): Completion {
  const listed = parts.map(([partNumber, etag]): ListedPart => ({
    partNumber,
    etag,
    checksum: undefined,
  }));
  return {
    parts: listed,
    conditions: NO_CONDITIONS,
    sizeBytes: undefined,
    checksum: undefined,
    checksumType: undefined,
  };
}

/** Uploads a part; the shard believes the size, the blob has a few bytes. @returns the blob's id */
export async function putBlobPart(
  index: BucketIndex,
  key: string,
  uploadId: string,
  partNumber: number,
  etag = etagOf(partNumber),
): Promise<string> {
  const blobId = index.newBlobId(key);
  await env.BLOBS.put(blobId, "part");
  const sizeBytes = LEAST_PART_BYTES;
  const draft = partDraft({ kind: "blob", blobId, sizeBytes }, sizeBytes, etag);
  const outcome = await index.putPart(key, uploadId, partNumber, draft);
  if (!outcome.ok) throw new Error(outcome.reason);
  return blobId;
}

/** An object of so many parts, each a blob. @returns its content's id, and its blobs */
export async function putStitched(
  index: BucketIndex,
  key: string,
  partCount: number,
): Promise<{ contentId: string; blobs: string[] }> {
  const { uploadId } = await index.createUpload(key, PLAIN_UPLOAD);
  const numbers = Array.from({ length: partCount }, (_, i) => i + 1);
  const blobs = await Promise.all(numbers.map((n) => putBlobPart(index, key, uploadId, n)));
  await complete(
    index,
    key,
    uploadId,
    numbers.map((n) => [n, etagOf(n)]),
  );
  return { contentId: await contentIdOf(index, key), blobs };
}

/** Completes an upload and expects that to work. */
export async function complete(
  index: BucketIndex,
  key: string,
  uploadId: string,
  parts: readonly (readonly [number, string])[],
): Promise<CompletedUpload> {
  const completed = await index.completeUpload(key, uploadId, completionOf(parts));
  if (!completed.ok) throw new Error(completed.code);
  return completed;
}

/** What a copy of this object refers to. */
export async function contentIdOf(index: BucketIndex, key: string): Promise<string> {
  const record = await index.read(key, WANTS_CONTENT);
  const content = record?.kind === "object" ? record.content : undefined;
  if (content?.kind === "stitched") return content.contentId;
  if (content?.kind === "blob") return content.blobId;
  throw new Error(`${key} has no content to refer to`);
}

/** The rows of so many parts, each a blob that is not there, since a call for each would take seconds. */
export async function fillParts(
  shard: string,
  uploadId: string,
  partNumbers: readonly number[],
): Promise<void> {
  const rows = partNumbers.map((n) => [n, etagOf(n), `${shard}/${String(n).padStart(26, "0")}`]);
  await query(
    shard,
    `INSERT INTO part (upload_id, part_number, modified_ms, size_bytes, etag, checksum, content_id)
     SELECT ?, value ->> 0, 0, ${LEAST_PART_BYTES}, value ->> 1, NULL, value ->> 2
     FROM json_each(?)`,
    uploadId,
    JSON.stringify(rows),
  );
  await query(
    shard,
    "INSERT INTO content (content_id, reference_count) SELECT content_id, 1 FROM part",
  );
}

/** Neighbouring bytes of one blob as so many segments of one length. */
export function slices(blobId: string, keeperId: string, count: number, length: number): Segment[] {
  return Array.from({ length: count }, (_, i) => ({
    offset: i * length,
    length,
    blobId,
    blobOffset: i * length,
    blobSizeBytes: count * length,
    keeperId,
  }));
}
