import { randomBytes } from "node:crypto";
import { openBytes, sealBytes } from "../../lib/frame-cipher.ts";
import { unwrapKey, WRAPPED_KEY_BYTES, wrapKey } from "../../lib/wrapped-key.ts";
import type { InlineContent } from "../../protocol/object-record.ts";
import type { BlobKeys } from "../../storage/ports/blob-store.ts";
import { derivedKey } from "./derived-key.ts";

/**
 * The key of an object, or of an upload, in hand. Each of its blobs is encrypted with a key of its own, which lies beside the
 * blob's id in the index, sealed with this one: so that a copy of the object may have its blobs, and this key under another.
 */
export interface ObjectKey {
  readonly bytes: Uint8Array;
  /** DSSE encrypts twice. */
  readonly isDouble: boolean;
  /** The ETag is the MD5, as it is of what is not encrypted, and with SSE-S3. */
  readonly hasMd5Etag: boolean;
}

/** A blob's keys, and the one of them that the index keeps. */
interface NewBlobKeys {
  readonly keys: BlobKeys;
  readonly sealedKey: Uint8Array;
}

const INLINE = "inline body";

export function newKeyBytes(): Uint8Array {
  return new Uint8Array(randomBytes(32));
}

/** For one blob that is not written yet. */
export function newBlobKeys(objectKey: ObjectKey, blobId: string): NewBlobKeys {
  return newKeys(objectKey, blobId);
}

/** @throws Error when the blob's key was not sealed with this object's, or for another blob */
export function blobKeys(
  objectKey: ObjectKey,
  blobId: string,
  sealedKey: Uint8Array | undefined,
): BlobKeys {
  return openKeys(objectKey, blobId, sealedKey);
}

/** The blob's key for a copy whose key is another. */
export function resealedKey(
  from: ObjectKey,
  to: ObjectKey,
  blobId: string,
  sealedKey: Uint8Array | undefined,
): Uint8Array {
  const [key] = blobKeys(from, blobId, sealedKey);
  return wrapKey(to.bytes, key, purposeOf(blobId));
}

/** Bytes that are kept in the index. @param objectKey undefined: as they are */
export function inlineContent(objectKey: ObjectKey | undefined, bytes: Uint8Array): InlineContent {
  if (objectKey === undefined) return { kind: "inline", bytes };
  const { keys, sealedKey } = newKeys(objectKey, INLINE);
  return { kind: "inline", bytes: sealBytes(keys, bytes), sealedKey };
}

/** @throws Error when they are not as they were sealed with this key */
export function inlineBytes(
  objectKey: ObjectKey | undefined,
  { bytes, sealedKey }: InlineContent,
): Uint8Array {
  return objectKey === undefined ? bytes : openBytes(openKeys(objectKey, INLINE, sealedKey), bytes);
}

/** What stands in for an MD5: as long, and another one each time. */
export function etagOf(objectKey: ObjectKey | undefined, md5Hex: string): string {
  return objectKey === undefined || objectKey.hasMd5Etag ? md5Hex : opaqueEtag();
}

export function opaqueEtag(): string {
  return randomBytes(16).toString("hex");
}

function newKeys(objectKey: ObjectKey, what: string): NewBlobKeys {
  const key = newKeyBytes();
  return {
    keys: layers(objectKey, key),
    sealedKey: wrapKey(objectKey.bytes, key, purposeOf(what)),
  };
}

function openKeys(objectKey: ObjectKey, what: string, sealedKey: Uint8Array | undefined): BlobKeys {
  if (sealedKey === undefined) throw new Error(`there is no key of ${what}`);
  const { wrapped, sealedFor = what } = partsOfSealedKey(sealedKey);
  return layers(objectKey, unwrapKey(objectKey.bytes, wrapped, purposeOf(sealedFor)));
}

/** Of a blob that was restored the key says behind it which blob it was sealed for. */
function partsOfSealedKey(sealedKey: Uint8Array): {
  readonly wrapped: Uint8Array;
  readonly sealedFor?: string;
} {
  if (sealedKey.byteLength <= WRAPPED_KEY_BYTES) return { wrapped: sealedKey };
  return {
    wrapped: sealedKey.subarray(0, WRAPPED_KEY_BYTES),
    sealedFor: Buffer.from(sealedKey.subarray(WRAPPED_KEY_BYTES)).toString(),
  };
}

/** The key of a blob whose bytes are under another id from now on; only who has the object's key could seal it anew. */
export function movedKey(sealedKey: Uint8Array, blobId: string): Uint8Array {
  if (sealedKey.byteLength > WRAPPED_KEY_BYTES) return sealedKey;
  return Buffer.concat([sealedKey, Buffer.from(blobId)]);
}

function layers({ isDouble }: ObjectKey, key: Uint8Array): BlobKeys {
  return isDouble ? [key, derivedKey(key, "", "second layer")] : [key];
}

function purposeOf(what: string): Buffer {
  return Buffer.from(`key of ${what}`);
}
