import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { xxHash } from "../../../src/lib/xxhash/xxhash.ts";
import type { ChecksumAlgorithm } from "../../../src/protocol/checksums.ts";
import { S3Error } from "../../../src/protocol/errors.ts";
import {
  type ChecksumType,
  combineChecksums,
  multipartEtag,
  parseMultipartChecksum,
} from "../../../src/protocol/multipart-checksum.ts";
import VECTORS from "../../vectors/checksums/multipart.json";

test.for(VECTORS.checksums)(
  "the $type $algorithm of known parts",
  ({ algorithm, type, sizeBytes, parts, expected }) => {
    const combined = combineChecksums(
      algorithm as ChecksumAlgorithm,
      type as ChecksumType,
      parts.map((value) => ({ value, sizeBytes })),
    );
    expect(combined).toBe(expected);
  },
);

test.for(["MD5", "SHA1", "SHA256", "SHA512"] as const)(
  "a composite %s is the digest of the digests, and tells their number",
  (algorithm) => {
    const digestOf = (text: string | Buffer) =>
      createHash(algorithm.toLowerCase()).update(text).digest();
    const digests = [digestOf("one"), digestOf("two")];
    const parts = digests.map((digest) => ({ value: digest.toString("base64"), sizeBytes: 3 }));
    expect(combineChecksums(algorithm, "COMPOSITE", parts)).toBe(
      `${digestOf(Buffer.concat(digests)).toString("base64")}-2`,
    );
  },
);

test("the composite CRC32 of one part is the CRC32 of its CRC32", () => {
  // CRC32 of "123456789", and that of its four bytes.
  const parts = [{ value: "y/Q5Jg==", sizeBytes: 9 }];
  expect(combineChecksums("CRC32", "COMPOSITE", parts)).toBe("7kxlUA==-1");
});

test.for(["XXHASH64", "XXHASH3", "XXHASH128"] as const)(
  "a composite %s is the hash of the hashes",
  (algorithm) => {
    const hashOf = (bytes: Uint8Array) => {
      const hash = xxHash(algorithm);
      hash.update(bytes);
      return Buffer.from(hash.digest());
    };
    const hashes = [hashOf(Uint8Array.of(1)), hashOf(Uint8Array.of(2))];
    const parts = hashes.map((hash) => ({ value: hash.toString("base64"), sizeBytes: 1 }));
    expect(combineChecksums(algorithm, "COMPOSITE", parts)).toBe(
      `${hashOf(Buffer.concat(hashes)).toString("base64")}-2`,
    );
  },
);

test("a whole object's checksum is refused of hashes, which cannot be joined", () => {
  expect(() => combineChecksums("SHA256", "FULL_OBJECT", [])).toThrow(
    "SHA256 of parts cannot be combined",
  );
});

test("a multipart ETag is the MD5 of the parts' MD5s, and their number", () => {
  const md5Hexes = ["A", "B", "C"].map((letter) =>
    createHash("md5").update(letter.repeat(5_242_880)).digest("hex"),
  );
  // As ceph/s3-tests has it in test_multipart_reupload_checksum_and_etag.
  expect(multipartEtag(md5Hexes)).toBe("b2add96cc9702bbf4efb0ccdfc6b7747-3");
});

test("an upload that names no checksum has none", () => {
  expect(parseMultipartChecksum(new Headers())).toBeUndefined();
});

function headersOf(algorithm: string | undefined, type: string | undefined): Headers {
  const headers = new Headers();
  if (algorithm !== undefined) headers.set("x-amz-checksum-algorithm", algorithm);
  if (type !== undefined) headers.set("x-amz-checksum-type", type);
  return headers;
}

test.for<[string, string | undefined, ChecksumType]>([
  ["CRC32", undefined, "COMPOSITE"],
  ["CRC32", "FULL_OBJECT", "FULL_OBJECT"],
  ["CRC32C", undefined, "COMPOSITE"],
  ["CRC32C", "full_object", "FULL_OBJECT"],
  ["crc64nvme", undefined, "FULL_OBJECT"],
  ["CRC64NVME", "FULL_OBJECT", "FULL_OBJECT"],
  ["SHA1", undefined, "COMPOSITE"],
  ["SHA256", "COMPOSITE", "COMPOSITE"],
  ["SHA512", undefined, "COMPOSITE"],
  ["MD5", undefined, "COMPOSITE"],
  ["XXHASH64", undefined, "COMPOSITE"],
  ["XXHASH3", undefined, "COMPOSITE"],
  ["XXHASH128", undefined, "COMPOSITE"],
])("algorithm %s with type %s is %s", ([algorithm, type, expected]) => {
  expect(parseMultipartChecksum(headersOf(algorithm, type))).toEqual({
    algorithm: algorithm.toUpperCase(),
    type: expected,
  });
});

test.for<[string | undefined, string | undefined, string]>([
  [
    undefined,
    "COMPOSITE",
    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
  ],
  ["CRC32", "PARTIAL", "Value for x-amz-checksum-type header is invalid."],
  [
    "SHA256",
    "FULL_OBJECT",
    "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.",
  ],
  [
    "CRC64NVME",
    "COMPOSITE",
    "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
  ],
  [
    "ROT13",
    undefined,
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]",
  ],
  [
    "ROT13",
    "FULL_OBJECT",
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME]",
  ],
])("algorithm %s with type %s is InvalidRequest", ([algorithm, type, message]) => {
  expect(() => parseMultipartChecksum(headersOf(algorithm, type))).toThrow(
    new S3Error("InvalidRequest", { message }),
  );
});
