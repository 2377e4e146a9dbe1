import { hash } from "node:crypto";
import { hexToBase64 } from "../../lib/base64.ts";
import type { ChecksumAlgorithm } from "../../protocol/checksums.ts";
import { trailingChecksum } from "../../protocol/checksums.ts";
import { S3Error } from "../../protocol/errors.ts";
import { MAX_PART_BYTES } from "../../protocol/limits.ts";
import type { BlobContent, InlineContent, StoredChecksum } from "../../protocol/object-record.ts";
import type { BlobDigest, BlobSource, BlobStore } from "../../storage/ports/blob-store.ts";
import { etagOf, inlineContent, newBlobKeys, type ObjectKey } from "../encryption/object-key.ts";
import {
  type BodyClaims,
  checkChecksum,
  checkMd5,
  checksumMismatch,
  claimedAlgorithm,
  payloadMismatch,
} from "./claims.ts";
import { type Digester, digester } from "./digester.ts";
import { dropOnFailure } from "./drop-blob.ts";
import type { IncomingBody } from "./incoming-body.ts";

/**
 * Has room for a body that is kept in the index. What a document announces beyond is given room as it comes: 200 clients that
 * announced 8 MiB each and sent nothing took 1.6 GiB (measured 2026-11).
 */
const FIRST_BUFFER_BYTES = 16 * 1024;

/** Bytes that match every claim, and that no row refers to yet. */
export interface StoredBody<Content extends InlineContent | BlobContent> {
  readonly content: Content;
  readonly sizeBytes: number;
  /** The MD5 as hex, or what is in its place for what is encrypted with a customer's key or one of KMS. */
  readonly etag: string;
  /** Empty when nobody wanted it. */
  readonly md5Hex: string;
  readonly checksum: StoredChecksum | undefined;
}

/**
 * Holds a small body in memory and hashes it there.
 *
 * @param key that it is encrypted with; undefined: it is not
 * @throws S3Error as {@link storeBlob}
 */
export async function holdInline(
  body: IncomingBody,
  claims: BodyClaims,
  key?: ObjectKey,
): Promise<StoredBody<InlineContent>> {
  const bytes = await readWhole(body);
  const md5Hex = hash("md5", bytes, "hex");
  if (claims.sha256Hex !== undefined) {
    const computed = hash("sha256", bytes, "hex");
    if (computed !== claims.sha256Hex) throw payloadMismatch(claims.sha256Hex, computed);
  }
  checkMd5(claims, md5Hex);
  const algorithm = claimedAlgorithm(claims) ?? claims.wantedAlgorithm;
  let checksum: StoredChecksum | undefined;
  if (algorithm !== undefined) {
    const running = digester(algorithm);
    await running.update(bytes);
    checksum = await verifyChecksum(algorithm, claims, body, running);
  }
  const content = inlineContent(key, bytes);
  const { byteLength: sizeBytes } = bytes;
  return { content, sizeBytes, etag: etagOf(key, md5Hex), md5Hex, checksum };
}

/**
 * Streams a body into the blob store. The store computes the MD5 and verifies one digest by itself, so a body whose
 * claims are at most those passes through without JavaScript touching a byte, unless it is encrypted; anything else takes one
 * reading loop.
 *
 * @param key as of {@link holdInline}
 *
 * Whatever fails, the blob is deleted before this throws.
 * @throws S3Error EntityTooLarge, XAmzContentSHA256Mismatch, BadDigest, IncompleteBody, or what is wrong with the framing
 */
export async function storeBlob(
  blobs: BlobStore,
  blobId: string,
  body: IncomingBody,
  claims: BodyClaims,
  key?: ObjectKey,
): Promise<StoredBody<BlobContent>> {
  if (body.sizeBytes > MAX_PART_BYTES) {
    throw new S3Error("EntityTooLarge", {
      fields: { ProposedSize: String(body.sizeBytes), MaxSizeAllowed: String(MAX_PART_BYTES) },
    });
  }
  return dropOnFailure(blobs, blobId, () => storeAndVerify(blobs, blobId, body, claims, key));
}

async function storeAndVerify(
  blobs: BlobStore,
  blobId: string,
  body: IncomingBody,
  claims: BodyClaims,
  key: ObjectKey | undefined,
): Promise<StoredBody<BlobContent>> {
  const claim = claimForStore(claims);
  const algorithm = claimedAlgorithm(claims) ?? claims.wantedAlgorithm;
  // The store's MD5 and the digest that it verifies need not be computed here.
  const isStores = algorithm === "MD5" || (claim !== undefined && claim.checksum === algorithm);
  const running = algorithm === undefined || isStores ? undefined : digester(algorithm);

  const source = running === undefined ? body : tapped(body, running);
  const sealed = key && newBlobKeys(key, blobId);
  const wantsMd5 =
    key === undefined ||
    key.hasMd5Etag ||
    algorithm === "MD5" ||
    claims.md5Hex !== undefined ||
    claims.wantsMd5 === true;
  const options = { keys: sealed?.keys, wantsMd5 };
  const written = await blobs.write(blobId, source, claim?.digest, options);
  if (!written.ok) throw claim?.mismatch() ?? new S3Error("InternalError");
  const { md5Hex } = written;
  if (wantsMd5) checkMd5(claims, md5Hex);

  let checksum: StoredChecksum | undefined;
  if (running !== undefined && algorithm !== undefined) {
    checksum = await verifyChecksum(algorithm, claims, body, running);
  } else if (algorithm === "MD5") {
    checksum = checkClaimed("MD5", claims, body, hexToBase64(md5Hex));
  } else if (claims.checksum !== undefined) {
    checksum = { ...claims.checksum, type: "FULL_OBJECT" };
  }
  const { sizeBytes } = body;
  const content = { kind: "blob" as const, blobId, sizeBytes, sealedKey: sealed?.sealedKey };
  return { content, sizeBytes, etag: etagOf(key, md5Hex), md5Hex, checksum };
}

interface StoreClaim {
  readonly digest: BlobDigest;
  /** The checksum algorithm that this digest vouches for as well. */
  readonly checksum: ChecksumAlgorithm | undefined;
  readonly mismatch: () => S3Error;
}

/** The one digest that the store is given to verify; the MD5 it tells. */
function claimForStore({ sha256Hex, checksum }: BodyClaims): StoreClaim | undefined {
  if (sha256Hex !== undefined) {
    const isSame = checksum?.algorithm === "SHA256";
    if (isSame && hexToBase64(sha256Hex) !== checksum.value) throw checksumMismatch("SHA256");
    return {
      digest: { algorithm: "sha256", hex: sha256Hex },
      checksum: isSame ? "SHA256" : undefined,
      mismatch: () => payloadMismatch(sha256Hex, undefined),
    };
  }
  if (checksum?.algorithm === "SHA256" || checksum?.algorithm === "SHA1") {
    const { algorithm, value } = checksum;
    return {
      digest: {
        algorithm: algorithm === "SHA256" ? "sha256" : "sha1",
        hex: Buffer.from(value, "base64").toString("hex"),
      },
      checksum: algorithm,
      mismatch: () => checksumMismatch(algorithm),
    };
  }
  return undefined;
}

/** The same bytes; each chunk passes by the running checksum on its way. */
function tapped(body: IncomingBody, running: Digester): BlobSource {
  return {
    sizeBytes: body.sizeBytes,
    native: undefined,
    async *chunks() {
      for await (const chunk of body.chunks()) {
        await running.update(chunk);
        yield chunk;
      }
    },
  };
}

async function readWhole(body: IncomingBody): Promise<Uint8Array> {
  const { sizeBytes } = body;
  let bytes = new Uint8Array(Math.min(sizeBytes, FIRST_BUFFER_BYTES));
  let at = 0;
  for await (const chunk of body.chunks()) {
    const end = at + chunk.byteLength;
    if (end > bytes.byteLength) bytes = grown(bytes, Math.max(end, 2 * at), sizeBytes);
    bytes.set(chunk, at);
    at = end;
  }
  return bytes;
}

/** By the time that all has come, it is as long as what was announced. */
function grown(bytes: Uint8Array<ArrayBuffer>, wantedBytes: number, sizeBytes: number) {
  return new Uint8Array(bytes.buffer.transfer(Math.min(wantedBytes, sizeBytes)));
}

async function verifyChecksum(
  algorithm: ChecksumAlgorithm,
  claims: BodyClaims,
  body: IncomingBody,
  running: Digester,
): Promise<StoredChecksum> {
  const computed = Buffer.from(await running.digest()).toString("base64");
  return checkClaimed(algorithm, claims, body, computed);
}

function checkClaimed(
  algorithm: ChecksumAlgorithm,
  claims: BodyClaims,
  body: IncomingBody,
  computed: string,
): StoredChecksum {
  if (claimedAlgorithm(claims) === undefined)
    return { algorithm, value: computed, type: "FULL_OBJECT" };
  const { value } = claims.checksum ?? trailingChecksum(algorithm, body.trailers());
  return checkChecksum(algorithm, value, computed);
}
