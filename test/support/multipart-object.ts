import { hash } from "node:crypto";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { NO_ATTRIBUTES, type StoredChecksum } from "../../src/protocol/object-record.ts";
import type { BucketIndex } from "../../src/storage/ports/bucket-index.ts";
import { contentIndexClient } from "../../src/storage/clients/content-index-client.ts";
import { WANTS_CONTENT } from "../../src/storage/ports/content-index.ts";
import type { ListedPart, UploadChecksum } from "../../src/protocol/multipart-completion.ts";
import type { PartDraft } from "../../src/storage/ports/upload-index.ts";
import { indexOf as indexOfRecord, recordOf } from "./bucket-record.ts";

/** Bytes that differ from those of another seed, and from their neighbours. */
export function partBytes(sizeBytes: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i += 1) bytes[i] = i * 31 + (i >> 8) * 7 + seed;
  return bytes;
}

export async function indexOf(bucket: string): Promise<BucketIndex> {
  return indexOfRecord(await recordOf(bucket));
}

/** Makes an object of parts without going through HTTP. @returns the blobs of the parts, in order */
export async function putInParts(
  bucket: string,
  key: string,
  parts: readonly Uint8Array<ArrayBuffer>[],
  checksum?: UploadChecksum,
): Promise<readonly string[]> {
  const index = await indexOf(bucket);
  const drafts = await Promise.all(
    parts.map(async (bytes): Promise<PartDraft> => {
      const blobId = index.newBlobId(key);
      await env.BLOBS.put(blobId, bytes);
      return {
        sizeBytes: bytes.byteLength,
        etag: hash("md5", bytes),
        checksum: checksum && checksumOf(bytes, checksum),
        content: { kind: "blob", blobId, sizeBytes: bytes.byteLength },
      };
    }),
  );
  await completeParts(index, key, drafts, checksum);
  return drafts.map(({ content }) => (content.kind === "blob" ? content.blobId : ""));
}

/** Makes an object of parts that are ready, numbered from 1. */
export async function completeParts(
  index: BucketIndex,
  key: string,
  drafts: readonly PartDraft[],
  checksum?: UploadChecksum,
): Promise<void> {
  const upload = {
    storageClass: "STANDARD",
    headers: { "x-amz-meta-color": "blue" },
    checksum,
    attributes: NO_ATTRIBUTES,
  };
  const { uploadId } = await index.createUpload(key, upload);
  const parts: ListedPart[] = [];
  for (const [i, draft] of drafts.entries()) {
    const partNumber = i + 1;
    expect(await index.putPart(key, uploadId, partNumber, draft)).toMatchObject({ ok: true });
    parts.push({ partNumber, etag: draft.etag, checksum: draft.checksum });
  }
  const expected = { sizeBytes: undefined, checksum: undefined, checksumType: undefined };
  const completion = { parts, conditions: NO_CONDITIONS, ...expected };
  expect(await index.completeUpload(key, uploadId, completion)).toMatchObject({ ok: true });
}

function checksumOf(bytes: Uint8Array, { algorithm, type }: UploadChecksum): StoredChecksum {
  return { algorithm, value: hash(algorithm.toLowerCase(), bytes, "base64"), type };
}

/** Makes an object of one bucket an object of another, in whose shards its content is not known. */
export async function copyAcrossBuckets(
  source: string,
  destination: string,
  key: string,
): Promise<void> {
  const record = await (await indexOf(source)).read(key, WANTS_CONTENT);
  if (record?.kind !== "object" || record.content?.kind !== "stitched")
    throw new Error(`${key} is not made of parts`);
  const { contentId, partCount } = record.content;
  const index = await indexOf(destination);
  const holdToken = index.newBlobId(key);
  expect(await contentIndexClient(env.BUCKET_INDEX).hold(contentId, holdToken)).toBe(true);
  const content = { kind: "reference", contentId, holdToken } as const;
  const draft = { ...record, partCount, content };
  expect(await index.commit(key, draft, NO_CONDITIONS)).toMatchObject({ ok: true });
}
