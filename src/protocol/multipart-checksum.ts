import { hash } from "node:crypto";
import { combineCrc, crc, isCrcName } from "../lib/crc.ts";
import { isXxHashName, xxHash } from "../lib/xxhash/xxhash.ts";
import type { ChecksumAlgorithm } from "./checksums.ts";
import { CHECKSUM_ALGORITHMS } from "./checksums.ts";
import { S3Error } from "./errors.ts";
import type { StoredChecksum } from "./object-record.ts";

export type ChecksumType = StoredChecksum["type"];

export interface MultipartChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
}

/**
 * The types that a multipart upload may have with each algorithm, its default first: only a CRC of the whole follows from
 * those of the parts.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
const CHECKSUM_TYPES: Readonly<
  Record<ChecksumAlgorithm, readonly [ChecksumType, ...ChecksumType[]]>
> = {
  CRC32: ["COMPOSITE", "FULL_OBJECT"],
  CRC32C: ["COMPOSITE", "FULL_OBJECT"],
  CRC64NVME: ["FULL_OBJECT"],
  SHA1: ["COMPOSITE"],
  SHA256: ["COMPOSITE"],
  SHA512: ["COMPOSITE"],
  MD5: ["COMPOSITE"],
  XXHASH64: ["COMPOSITE"],
  XXHASH3: ["COMPOSITE"],
  XXHASH128: ["COMPOSITE"],
};

/**
 * `x-amz-checksum-algorithm` and `x-amz-checksum-type` of CreateMultipartUpload, in any case. Undefined when the client
 * names none; AWS computes CRC64NVME, FULL_OBJECT, then.
 *
 * @throws S3Error InvalidRequest for an unknown value, a type without an algorithm, or two that do not go together
 */
export function parseMultipartChecksum(headers: Headers): MultipartChecksum | undefined {
  const type = parseChecksumType(headers);
  const named = headers.get("x-amz-checksum-algorithm")?.toUpperCase();
  if (named === undefined) {
    if (type === undefined) return undefined;
    throw invalidRequest(
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    );
  }
  const algorithm = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === named);
  if (algorithm === undefined) throw unknownAlgorithm(type);
  const types = CHECKSUM_TYPES[algorithm];
  if (type !== undefined && !types.includes(type))
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  return { algorithm, type: type ?? types[0] };
}

/**
 * `x-amz-checksum-type`, in any case.
 *
 * @throws S3Error InvalidRequest
 */
export function parseChecksumType(headers: Headers): ChecksumType | undefined {
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (type !== undefined && type !== "FULL_OBJECT" && type !== "COMPOSITE")
    throw invalidRequest("Value for x-amz-checksum-type header is invalid.");
  return type;
}

/** AWS names those that go with the type, if there is one. */
function unknownAlgorithm(type: ChecksumType | undefined): S3Error {
  const valid = CHECKSUM_ALGORITHMS.filter(
    (algorithm) => type === undefined || CHECKSUM_TYPES[algorithm].includes(type),
  );
  return invalidRequest(
    `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${valid.toSorted().join(", ")}]`,
  );
}

export interface PartChecksum {
  /** Base64, of the upload's algorithm. */
  readonly value: string;
  readonly sizeBytes: number;
}

/**
 * The checksum of the object that the parts make, in their order: of its bytes, in base64, or of its parts' checksums,
 * which says so by `-N` at its end. Synchronous, as an upload is completed inside a transaction.
 *
 * @throws Error for FULL_OBJECT of an algorithm that {@link parseMultipartChecksum} never gives it
 */
export function combineChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly PartChecksum[],
): string {
  if (type === "COMPOSITE") {
    const values = Buffer.concat(parts.map(({ value }) => Buffer.from(value, "base64")));
    return `${base64(digest(algorithm, values))}-${parts.length}`;
  }
  if (!isCrcName(algorithm)) throw new Error(`${algorithm} of parts cannot be combined`);
  let whole = crc(algorithm, new Uint8Array());
  for (const { value, sizeBytes } of parts)
    whole = combineCrc(algorithm, whole, Buffer.from(value, "base64"), sizeBytes);
  return base64(whole);
}

/** The ETag of the object that the parts make, without quotes: `hex(md5(md5s))-N`. */
export function multipartEtag(md5Hexes: readonly string[]): string {
  return `${hash("md5", Buffer.from(md5Hexes.join(""), "hex"), "hex")}-${md5Hexes.length}`;
}

function digest(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Uint8Array {
  if (isCrcName(algorithm)) return crc(algorithm, bytes);
  if (!isXxHashName(algorithm)) return hash(algorithm.toLowerCase(), bytes, "buffer");
  const running = xxHash(algorithm);
  running.update(bytes);
  return running.digest();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function invalidRequest(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
