import { hash } from "node:crypto";
import type { Caller } from "../protocol/caller.ts";
import type { CustomerKey } from "../protocol/encryption/customer-key.ts";
import { partEncryptionHeaders } from "../protocol/encryption/stored-encryption.ts";
import { S3Error } from "../protocol/errors.ts";
import { MAX_PARTS } from "../protocol/limits.ts";
import type {
  BlobContent,
  InlineContent,
  Segment,
  StoredObject,
} from "../protocol/object-record.ts";
import { refusalError } from "../protocol/refusal.ts";
import type { AppendDraft, AppendedContent, BucketIndex } from "../storage/ports/bucket-index.ts";
import { WANTS_HEADERS, WANTS_REFERENCE } from "../storage/ports/content-index.ts";
import { appendedChecksum, appendedEtag, joinableAlgorithm } from "./appended-object.ts";
import { claimedAlgorithm } from "./body/claims.ts";
import { commitOrDrop, dropOnFailure } from "./body/drop-blob.ts";
import { holdInline, storeBlob, type StoredBody } from "./body/store-body.ts";
import { storeBytes } from "./body/store-bytes.ts";
import { contentSegments } from "./content-segments.ts";
import type { EncryptedSource } from "./encryption/copied-encryption.ts";
import { etagOf, inlineBytes, inlineContent } from "./encryption/object-key.ts";
import { openEncryption } from "./encryption/open-encryption.ts";
import type { BucketPorts } from "./ports.ts";
import { type ObjectUpload, writeObject, type WrittenObject } from "./write-object.ts";

type Stores = Pick<BucketPorts, "blobs" | "bucket" | "contents" | "index" | "keys" | "settings"> & {
  readonly caller: Caller;
};

export interface ObjectAppend extends ObjectUpload {
  /** What the object is encrypted with already, if it is with a customer's key. */
  readonly customerKey?: CustomerKey | undefined;
  /** Where the body is to begin in the object. */
  readonly offsetBytes: number;
}

/**
 * Adds a body to the end of an object, or makes the object when there is none. The bytes that it has are not moved,
 * unless they are inline.
 *
 * @returns what the whole object is now
 * @throws S3Error InvalidWriteOffset, TooManyParts, InvalidRequest (an empty body; metadata, tags, or another algorithm
 *   for an object that exists), OperationAborted (the object changed meanwhile, but not its size), and what
 *   {@link writeObject} throws
 */
export async function appendObject(stores: Stores, append: ObjectAppend): Promise<WrittenObject> {
  const { key, offsetBytes, body } = append;
  if (body.sizeBytes === 0)
    throw invalidRequest("Request body cannot be empty when 'write offset' is specified.");
  const record = await readCurrent(stores.index, key);
  if ((record?.sizeBytes ?? 0) !== offsetBytes) throw new S3Error("InvalidWriteOffset");
  if (record === undefined) return create(stores, append);
  if (partsBefore(stores.index, record) >= MAX_PARTS) throw new S3Error("TooManyParts");
  checkAgainst(record, append);
  const objectKey = await openEncryption(stores, record.encryption, append.customerKey);
  return extend(stores, append, { record, objectKey });
}

/** With its bytes, when they are inline. */
async function readCurrent(index: BucketIndex, key: string): Promise<StoredObject | undefined> {
  const found = await index.readContent(key, WANTS_REFERENCE);
  return found?.kind === "object" ? found : undefined;
}

async function create(stores: Stores, append: ObjectAppend): Promise<WrittenObject> {
  const { key, conditions } = append;
  if (conditions.ifMatch !== undefined)
    throw refusalError({ ok: false, reason: "NoSuchKey" }, { key });
  try {
    return await writeObject(stores, {
      ...append,
      conditions: { ...conditions, ifNoneMatch: "*" },
    });
  } catch (error) {
    const isRefused = error instanceof S3Error && error.code === "PreconditionFailed";
    // The condition was ours, not the client's. It fails when somebody made an object of the key meanwhile.
    if (isRefused && conditions.ifNoneMatch === undefined) throw new S3Error("InvalidWriteOffset");
    throw error;
  }
}

function checkAgainst({ checksum }: StoredObject, append: ObjectAppend): void {
  if (Object.keys(append.headers).some((name) => name.startsWith("x-amz-meta-")))
    throw invalidRequest(
      "Cannot specify both a write offset value and user-defined object metadata for existing objects.",
    );
  if (append.attributes.tags.length > 0)
    throw invalidRequest(
      "Cannot specify both a write offset value and object tags for existing objects.",
    );
  const algorithm = claimedAlgorithm(append.claims);
  if (checksum !== undefined && algorithm !== undefined && algorithm !== checksum.algorithm)
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${checksum.algorithm.toLowerCase()}, actual checksum Type: ${algorithm.toLowerCase()}.`,
    );
}

async function extend(
  stores: Stores,
  append: ObjectAppend,
  existing: EncryptedSource,
): Promise<WrittenObject> {
  const { index, blobs } = stores;
  const { record } = existing;
  const { key, body, attributes, conditions, customerKey } = append;
  const sizeBytes = record.sizeBytes + body.sizeBytes;
  const { whole, stored } = await storeTail(stores, append, existing);
  const partCount = whole === undefined ? partsBefore(index, record) + 1 : undefined;
  const etag = whole?.etag ?? appendedEtag(record, stored.etag, partCount);
  const checksum = appendedChecksum(record, stored.checksum, body.sizeBytes);

  const content =
    whole === undefined ? await appendedContent(stores, existing, stored.content) : whole.content;
  const { sequence } = record;
  const addedBytes = body.sizeBytes;
  const draft = { sequence, sizeBytes, addedBytes, etag, checksum, partCount, attributes, content };
  const outcome = await commitOrDrop(blobs, stored.content, () =>
    commitOrDrop(blobs, newHead(content), () => index.append(key, draft, conditions)),
  );
  if (outcome.ok) {
    const encryptionHeaders = partEncryptionHeaders(record.encryption, customerKey);
    const { lastModifiedMs, versionId, expiration } = outcome;
    const written = { etag, sizeBytes, checksum, lastModifiedMs, versionId, expiration };
    return { ...written, encryptionHeaders };
  }
  if (outcome.reason === "SourceGone") throw await changedMeanwhile(index, key, record);
  throw refusalError(outcome, { key });
}

/** The body as it is stored, and the content of the whole object, which is undefined when it takes several blobs. */
type StoredTail =
  | { readonly stored: StoredBody<InlineContent>; readonly whole: Whole<InlineContent> }
  | { readonly stored: StoredBody<BlobContent>; readonly whole: Whole<BlobContent> }
  | { readonly stored: StoredBody<BlobContent>; readonly whole: undefined };

type Whole<Content extends BlobContent | InlineContent> = Pick<
  StoredBody<Content>,
  "content" | "etag"
>;

async function storeTail(
  { index, blobs, settings }: Stores,
  { key, body, claims: given }: ObjectAppend,
  existing: EncryptedSource,
): Promise<StoredTail> {
  const { record, objectKey } = existing;
  const claims = { ...given, wantedAlgorithm: joinableAlgorithm(record) };
  const before = bytesBefore(existing);
  if (before !== undefined && record.sizeBytes + body.sizeBytes <= settings.inlineLimitBytes) {
    const stored = await holdInline(body, claims);
    const bytes = Buffer.concat([before, stored.content.bytes]);
    const etag = etagOf(objectKey, hash("md5", bytes, "hex"));
    return { stored, whole: { content: inlineContent(objectKey, bytes), etag } };
  }
  const stored = await storeBlob(blobs, index.newBlobId(key), body, claims, objectKey);
  return record.sizeBytes === 0 ? { stored, whole: stored } : { stored, whole: undefined };
}

/** All bytes of an object; undefined when they are in the blob store. */
function bytesBefore({ record, objectKey }: EncryptedSource): Uint8Array | undefined {
  const { sizeBytes, content } = record;
  if (sizeBytes === 0) return new Uint8Array();
  return content.kind === "inline" ? inlineBytes(objectKey, content) : undefined;
}

/** A content that another shard stitched counts as one part, as a copy does on AWS. */
function partsBefore(index: BucketIndex, { key, content }: StoredObject): number {
  return content.kind === "stitched" && index.isHome(key, content.contentId)
    ? content.partCount
    : 1;
}

/** The content to commit. If it cannot be made, the blob of the tail is deleted, since no row refers to it yet. */
async function appendedContent(
  stores: Stores,
  existing: EncryptedSource,
  tail: BlobContent,
): Promise<AppendedContent> {
  const head = await dropOnFailure(stores.blobs, tail.blobId, () => makeHead(stores, existing));
  return { kind: "appended", tail, head };
}

/** Bytes that were inline get a blob. */
async function makeHead(
  { index, blobs, contents }: Stores,
  { record, objectKey }: EncryptedSource,
): Promise<AppendedContent["head"]> {
  const { key, sizeBytes, content } = record;
  if (content.kind === "inline") {
    const bytes = inlineBytes(objectKey, content);
    return (await storeBytes(blobs, index.newBlobId(key), bytes, objectKey)).content;
  }
  if (content.kind === "blob" || index.isHome(key, content.contentId)) return undefined;
  const range = { offset: 0, length: sizeBytes };
  const abroad = { ...content, located: undefined };
  const segments: Segment[] = [];
  for await (const segment of contentSegments(contents, abroad, range)) segments.push(segment);
  return segments;
}

/** The blob that was made of inline bytes. */
function newHead(content: AppendDraft["content"]): BlobContent | undefined {
  if (content.kind !== "appended" || content.head === undefined) return undefined;
  return "blobId" in content.head ? content.head : undefined;
}

async function changedMeanwhile(
  index: BucketIndex,
  key: string,
  before: StoredObject,
): Promise<S3Error> {
  const found = await index.read(key, WANTS_HEADERS);
  const { sizeBytes, sequence } = found?.kind === "object" ? found : { sizeBytes: 0, sequence: 0 };
  // It has moved to another shard.
  if (sequence === before.sequence) return new S3Error("SlowDown");
  return new S3Error(sizeBytes === before.sizeBytes ? "OperationAborted" : "InvalidWriteOffset");
}

function invalidRequest(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
