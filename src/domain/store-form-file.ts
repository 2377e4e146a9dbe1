import { MAX_HEAD_BYTES } from "../protocol/form/form-head.ts";
import type { BlobKeys, BlobStore } from "../storage/ports/blob-store.ts";
import { type BodyClaims, checkChecksum, checkMd5, NO_CLAIMS } from "./body/claims.ts";
import { dropBlob, dropOnFailure } from "./body/drop-blob.ts";
import {
  bodyOf,
  fileChunks,
  type FormUpload,
  heldFile,
  likelyFileBytes,
} from "./body/form-file.ts";
import type { IncomingBody } from "./body/incoming-body.ts";
import { storeBlob } from "./body/store-body.ts";
import { blobKeys } from "./encryption/object-key.ts";
import type { BucketPorts } from "./ports.ts";
import { type DescribedUpload, storeBody, type StoredUpload } from "./write-object.ts";

type Stores = Pick<BucketPorts, "index" | "blobs" | "settings">;

/**
 * Stores and verifies the file of a form. Its length is known when it has ended, and the store wants to know it before: so
 * a file that is not held in memory is stored with the length that it has if it ends the form, and if that was wrong, once
 * more with the length that it had.
 *
 * @throws S3Error EntityTooLarge, EntityTooSmall, MalformedPOSTRequest, and as {@link storeBlob}
 */
export async function storeFormFile(
  stores: Stores,
  form: FormUpload,
  { key, claims, encryption }: DescribedUpload,
): Promise<StoredUpload> {
  const { index, blobs, settings } = stores;
  const objectKey = encryption?.key;
  const { inlineLimitBytes, bodyIdleMs } = settings;
  if (form.formBytes <= inlineLimitBytes + MAX_HEAD_BYTES)
    return storeBody(stores, key, await heldFile(form, bodyIdleMs), claims, objectKey);

  const file = new LikelyFile(form, bodyIdleMs);
  const blobId = index.newBlobId(key);
  const stored = await storeBlob(blobs, blobId, file.body, computedOnly(claims), objectKey);
  if (file.hasLikelyLength) {
    await dropOnFailure(blobs, blobId, async () => verify(claims, stored));
    return stored;
  }
  const keys = objectKey && blobKeys(objectKey, blobId, stored.content.sealedKey);
  try {
    return await storeBody(stores, key, file.again(blobs, blobId, keys), claims, objectKey);
  } finally {
    await dropBlob(blobs, blobId);
  }
}

/** A file that is stored before its length is known. */
class LikelyFile {
  readonly #form: FormUpload;
  readonly #idleMs: number;
  readonly #likelyBytes: number;
  #sizeBytes = 0;
  /** What the file has beyond its likely length, which is less than a boundary. */
  readonly #beyond: Uint8Array[] = [];

  constructor(form: FormUpload, idleMs: number) {
    this.#form = form;
    this.#idleMs = idleMs;
    this.#likelyBytes = likelyFileBytes(form);
  }

  /** The file, cut or filled up with zeros to its likely length. */
  get body(): IncomingBody {
    return bodyOf(this.#likelyBytes, () => this.#chunks());
  }

  /** True when the body was the file; to be asked when it has ended. */
  get hasLikelyLength(): boolean {
    return this.#sizeBytes === this.#likelyBytes;
  }

  /** The file with the length that it had, from the blob that its body was stored as. */
  again(blobs: BlobStore, blobId: string, keys: BlobKeys | undefined): IncomingBody {
    const beyond = this.#beyond;
    const length = Math.min(this.#sizeBytes, this.#likelyBytes);
    return bodyOf(this.#sizeBytes, async function* () {
      if (length > 0) yield* wholeRange(blobs, blobId, length, keys);
      yield* beyond;
    });
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void> {
    let leftBytes = this.#likelyBytes;
    for await (const chunk of fileChunks(this.#form, this.#idleMs)) {
      this.#sizeBytes += chunk.byteLength;
      const fitting = chunk.subarray(0, leftBytes);
      leftBytes -= fitting.byteLength;
      if (fitting.byteLength < chunk.byteLength)
        this.#beyond.push(new Uint8Array(chunk.subarray(fitting.byteLength)));
      if (fitting.byteLength > 0) yield fitting;
    }
    const zeros = new Uint8Array(Math.min(leftBytes, 64 * 1024));
    for (; leftBytes > 0; leftBytes -= zeros.byteLength) yield zeros.subarray(0, leftBytes);
  }
}

/** The first bytes of a blob. @throws Error when there are not so many */
async function* wholeRange(
  blobs: BlobStore,
  blobId: string,
  length: number,
  keys: BlobKeys | undefined,
): AsyncGenerator<Uint8Array, void> {
  let readBytes = 0;
  const { body } = await blobs.read(blobId, { offset: 0, length }, keys);
  for await (const chunk of body) {
    readBytes += chunk.byteLength;
    yield chunk;
  }
  if (readBytes !== length) throw new Error(`${blobId} gave ${readBytes} bytes, not ${length}`);
}

/** So that the store verifies nothing of what may not be the file. */
function computedOnly({ md5Hex, checksum, wantedAlgorithm }: BodyClaims): BodyClaims {
  return {
    ...NO_CLAIMS,
    wantedAlgorithm: checksum?.algorithm ?? wantedAlgorithm,
    ...(md5Hex !== undefined && { wantsMd5: true }),
  };
}

/** @throws S3Error BadDigest */
function verify(claims: BodyClaims, { md5Hex, checksum }: StoredUpload): void {
  checkMd5(claims, md5Hex);
  if (claims.checksum === undefined) return;
  const { algorithm, value } = claims.checksum;
  checkChecksum(algorithm, value, checksum?.value ?? "");
}
