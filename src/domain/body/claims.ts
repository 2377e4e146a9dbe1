import { hexToBase64 } from "../../lib/base64.ts";
import type { ChecksumAlgorithm, ChecksumValue } from "../../protocol/checksums.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { StoredChecksum } from "../../protocol/object-record.ts";

/** What a request says of its body; each claim is checked against the bytes, and nothing is kept if one is wrong. */
export interface BodyClaims {
  /** `x-amz-content-sha256`. */
  readonly sha256Hex: string | undefined;
  /** Content-MD5. */
  readonly md5Hex: string | undefined;
  /** AWS tells the Content-MD5 of a part in base64, any other as hex. */
  readonly isOfPart?: true;
  /** `x-amz-checksum-*`. */
  readonly checksum: ChecksumValue | undefined;
  /** The algorithm of the checksum that follows the body as a trailer. */
  readonly trailerAlgorithm: ChecksumAlgorithm | undefined;
  /** The checksum to compute of a body that brings none. */
  readonly wantedAlgorithm: ChecksumAlgorithm | undefined;
  /** The MD5 is looked at later. */
  readonly wantsMd5?: true;
}

/** Of bytes that come from nowhere but the store. */
export const NO_CLAIMS: BodyClaims = {
  sha256Hex: undefined,
  md5Hex: undefined,
  checksum: undefined,
  trailerAlgorithm: undefined,
  wantedAlgorithm: undefined,
};

/** The algorithm of the checksum that the request brings, in a header or in its trailer. */
export function claimedAlgorithm({
  checksum,
  trailerAlgorithm,
}: BodyClaims): ChecksumAlgorithm | undefined {
  return checksum?.algorithm ?? trailerAlgorithm;
}

export function payloadMismatch(claimedHex: string, computedHex: string | undefined): S3Error {
  return new S3Error("XAmzContentSHA256Mismatch", {
    fields: {
      ClientComputedContentSHA256: claimedHex,
      ...(computedHex !== undefined && { S3ComputedContentSHA256: computedHex }),
    },
  });
}

/** @throws S3Error BadDigest */
export function checkMd5({ md5Hex, isOfPart }: BodyClaims, computedHex: string): void {
  if (md5Hex === undefined || md5Hex === computedHex) return;
  throw new S3Error("BadDigest", {
    fields: {
      ExpectedDigest: isOfPart === true ? hexToBase64(md5Hex) : md5Hex,
      CalculatedDigest: hexToBase64(computedHex),
    },
  });
}

/** @throws S3Error BadDigest */
export function checkChecksum(
  algorithm: ChecksumAlgorithm,
  claimed: string,
  computed: string,
): StoredChecksum {
  if (claimed !== computed) throw checksumMismatch(algorithm);
  return { algorithm, value: computed, type: "FULL_OBJECT" };
}

export function checksumMismatch(algorithm: ChecksumAlgorithm): S3Error {
  return new S3Error("BadDigest", {
    message: `The ${algorithm} you specified did not match the calculated checksum.`,
  });
}
