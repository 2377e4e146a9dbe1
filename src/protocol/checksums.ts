import { decodeBase64 } from "../lib/base64.ts";
import { S3Error } from "./errors.ts";

/** Checksum algorithms, by their name in `x-amz-checksum-algorithm`. */
export const CHECKSUM_ALGORITHMS = [
  "CRC32",
  "CRC32C",
  "CRC64NVME",
  "SHA1",
  "SHA256",
  "SHA512",
  "MD5",
  "XXHASH64",
  "XXHASH3",
  "XXHASH128",
] as const;

export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  MD5: 16,
  XXHASH64: 8,
  XXHASH3: 8,
  XXHASH128: 16,
};

const HEADER_NAMES: Readonly<Record<ChecksumAlgorithm, string>> = {
  CRC32: "x-amz-checksum-crc32",
  CRC32C: "x-amz-checksum-crc32c",
  CRC64NVME: "x-amz-checksum-crc64nvme",
  SHA1: "x-amz-checksum-sha1",
  SHA256: "x-amz-checksum-sha256",
  SHA512: "x-amz-checksum-sha512",
  MD5: "x-amz-checksum-md5",
  XXHASH64: "x-amz-checksum-xxhash64",
  XXHASH3: "x-amz-checksum-xxhash3",
  XXHASH128: "x-amz-checksum-xxhash128",
};

const ALGORITHM_OF_HEADER: ReadonlyMap<string, ChecksumAlgorithm> = new Map(
  CHECKSUM_ALGORITHMS.map((algorithm) => [HEADER_NAMES[algorithm], algorithm]),
);

const CHECKSUM_PREFIX = "x-amz-checksum-";

/** What begins like a checksum's header and says something of checksums instead. */
const ABOUT_CHECKSUMS: ReadonlySet<string> = new Set([
  "x-amz-checksum-algorithm",
  "x-amz-checksum-mode",
  "x-amz-checksum-type",
]);

/** Is this the name of a header that holds a checksum, be it of an algorithm that nobody knows? In lower case. */
export function isChecksumHeader(name: string): boolean {
  return name.startsWith(CHECKSUM_PREFIX) && !ABOUT_CHECKSUMS.has(name);
}

export interface ChecksumValue {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64, as in `x-amz-checksum-*`. */
  readonly value: string;
}

/** `x-amz-checksum-crc32` and the like, in lower case. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return HEADER_NAMES[algorithm];
}

/**
 * The checksum that the request's headers promise of its body. Undefined: none, or it follows in a trailer.
 *
 * @throws S3Error InvalidRequest for several checksums, an unknown algorithm, a value that cannot be one, or an
 *   `x-amz-sdk-checksum-algorithm` that goes with no checksum
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function parseExpectedChecksum(headers: Headers): ChecksumValue | undefined {
  const expected = parseGivenChecksum(headers);
  const trailer = headers.get("x-amz-trailer");
  const inTrailer = trailer === null ? undefined : trailerChecksumAlgorithm(trailer.split(","));
  if (expected !== undefined && inTrailer !== undefined) throw severalChecksums();
  if (expected !== undefined && !isChecksum(expected)) throw invalidValue(expected, "header");

  const named = headers.get("x-amz-sdk-checksum-algorithm");
  if (named !== null) checkNamedAlgorithm(named.toUpperCase(), expected?.algorithm ?? inTrailer);
  return expected;
}

/**
 * The one `x-amz-checksum-*` of the headers, its value as it was given.
 *
 * @throws S3Error InvalidRequest for several checksums, or an algorithm that nobody knows
 */
export function parseGivenChecksum(headers: Headers): ChecksumValue | undefined {
  let given: ChecksumValue | undefined;
  for (const [name, value] of headers) {
    if (!isChecksumHeader(name)) continue;
    const algorithm = ALGORITHM_OF_HEADER.get(name);
    // Reported from AWS: https://github.com/versity/versitygw/issues/1104
    if (algorithm === undefined)
      throw invalidRequest(
        "The algorithm type you specified in x-amz-checksum- header is invalid.",
      );
    if (given !== undefined) throw severalChecksums();
    given = { algorithm, value };
  }
  return given;
}

function checkNamedAlgorithm(named: string, given: ChecksumAlgorithm | undefined): void {
  if (given === undefined)
    throw invalidRequest(
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  if (given !== named)
    throw invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
}

/**
 * The checksum that came in a trailer.
 *
 * @throws S3Error InvalidRequest for a value that cannot be one: AWS has been seen to answer so in
 *   https://github.com/versity/versitygw/issues/1692
 */
export function trailingChecksum(
  algorithm: ChecksumAlgorithm,
  trailers: ReadonlyMap<string, string>,
): ChecksumValue {
  const trailing = { algorithm, value: trailers.get(HEADER_NAMES[algorithm]) ?? "" };
  if (!isChecksum(trailing)) throw invalidValue(trailing, "trailing header");
  return trailing;
}

function isChecksum({ algorithm, value }: ChecksumValue): boolean {
  return decodeBase64(value, DIGEST_BYTES[algorithm]) !== undefined;
}

function invalidValue({ algorithm }: ChecksumValue, place: string): S3Error {
  return invalidRequest(`Value for ${HEADER_NAMES[algorithm]} ${place} is invalid.`);
}

/**
 * `x-amz-checksum-algorithm` of CopyObject: what the copy is to have a checksum in.
 *
 * @throws S3Error InvalidRequest for an unknown one
 */
export function parseChecksumAlgorithm(headers: Headers): ChecksumAlgorithm | undefined {
  const named = headers.get("x-amz-checksum-algorithm")?.toUpperCase();
  if (named === undefined) return undefined;
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === named);
  if (algorithm !== undefined) return algorithm;
  throw invalidRequest(
    `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${CHECKSUM_ALGORITHMS.toSorted().join(", ")}]`,
  );
}

/**
 * The algorithm of the one checksum that the trailer names of `x-amz-trailer` announce.
 *
 * @throws S3Error InvalidRequest for several, or an unknown one
 */
export function trailerChecksumAlgorithm(
  trailerNames: readonly string[],
): ChecksumAlgorithm | undefined {
  let announced: ChecksumAlgorithm | undefined;
  for (const trailerName of trailerNames) {
    const name = trailerName.trim().toLowerCase();
    if (!name.startsWith(CHECKSUM_PREFIX)) continue;
    if (announced !== undefined) throw severalChecksums();
    announced = ALGORITHM_OF_HEADER.get(name);
    if (announced === undefined)
      throw invalidRequest("The value specified in the x-amz-trailer header is not supported");
  }
  return announced;
}

/**
 * `Content-MD5` as lower-case hex.
 *
 * @throws S3Error InvalidDigest when it is not base64 of 16 bytes
 */
export function parseContentMd5(headers: Headers): string | undefined {
  const value = headers.get("content-md5");
  if (value === null) return undefined;
  const md5 = decodeBase64(value, DIGEST_BYTES.MD5);
  if (md5 === undefined) throw new S3Error("InvalidDigest", { fields: { "Content-MD5": value } });
  return md5.toString("hex");
}

function severalChecksums(): S3Error {
  return invalidRequest(
    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
  );
}

function invalidRequest(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
