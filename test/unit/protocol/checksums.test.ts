import { expect, test } from "vitest";
import {
  CHECKSUM_ALGORITHMS,
  checksumHeader,
  parseContentMd5,
  parseExpectedChecksum,
  trailerChecksumAlgorithm,
} from "../../../src/protocol/checksums.ts";
import { S3Error } from "../../../src/protocol/errors.ts";

const DIGEST_BYTES = {
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

test.for(CHECKSUM_ALGORITHMS)(
  "a %s of the right length is taken, by the header of its name",
  (algorithm) => {
    const value = Buffer.alloc(DIGEST_BYTES[algorithm], 7).toString("base64");
    expect(checksumHeader(algorithm)).toBe(`x-amz-checksum-${algorithm.toLowerCase()}`);
    const headers = new Headers({
      [checksumHeader(algorithm)]: value,
      "x-amz-sdk-checksum-algorithm": algorithm,
    });
    expect(parseExpectedChecksum(headers)).toEqual({ algorithm, value });
  },
);

test.for(CHECKSUM_ALGORITHMS)("a %s one byte short is InvalidRequest", (algorithm) => {
  const value = Buffer.alloc(DIGEST_BYTES[algorithm] - 1, 7).toString("base64");
  const message = `Value for ${checksumHeader(algorithm)} header is invalid.`;
  expect(() => parseExpectedChecksum(new Headers({ [checksumHeader(algorithm)]: value }))).toThrow(
    new S3Error("InvalidRequest", { message }),
  );
});

test("no checksum is expected when none is sent, or when it follows in the trailer", () => {
  expect(parseExpectedChecksum(new Headers())).toBeUndefined();
  const inTrailer = {
    "x-amz-trailer": "x-amz-checksum-crc32",
    "x-amz-sdk-checksum-algorithm": "crc32",
  };
  expect(parseExpectedChecksum(new Headers(inTrailer))).toBeUndefined();
});

const CRC32 = { "x-amz-checksum-crc32": "NhCmhg==" };
const SEVERAL =
  "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
const UNKNOWN = "The algorithm type you specified in x-amz-checksum- header is invalid.";
const NAMED_OTHERWISE = "Value for x-amz-sdk-checksum-algorithm header is invalid.";
const NONE_FOUND =
  "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.";

test.for([
  { headers: { ...CRC32, "x-amz-checksum-crc32c": "NhCmhg==" }, message: SEVERAL },
  { headers: { ...CRC32, "x-amz-checksum-crc32c": "no checksum" }, message: SEVERAL },
  {
    headers: { "x-amz-checksum-crc32": "no checksum", "x-amz-trailer": "x-amz-checksum-sha1" },
    message: SEVERAL,
  },
  { headers: { "x-amz-checksum-sha256a": "dummy" }, message: UNKNOWN },
  { headers: { "x-amz-checksum-": "dummy" }, message: UNKNOWN },
  { headers: { ...CRC32, "x-amz-trailer": "x-amz-checksum-crc32" }, message: SEVERAL },
  { headers: { "x-amz-trailer": "x-amz-checksum-crc32,x-amz-checksum-sha1" }, message: SEVERAL },
  { headers: { ...CRC32, "x-amz-sdk-checksum-algorithm": "CRC32C" }, message: NAMED_OTHERWISE },
  { headers: { ...CRC32, "x-amz-sdk-checksum-algorithm": "ROT13" }, message: NAMED_OTHERWISE },
  {
    headers: { "x-amz-trailer": "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm": "SHA1" },
    message: NAMED_OTHERWISE,
  },
  { headers: { "x-amz-sdk-checksum-algorithm": "CRC32" }, message: NONE_FOUND },
  {
    headers: { "x-amz-trailer": "x-amz-checksum-rot13" },
    message: "The value specified in the x-amz-trailer header is not supported",
  },
])("$headers is InvalidRequest", ({ headers, message }) => {
  expect(() => parseExpectedChecksum(new Headers(Object.entries(headers)))).toThrow(
    new S3Error("InvalidRequest", { message }),
  );
});

test("the trailer's checksum is found whatever its case and company", () => {
  expect(trailerChecksumAlgorithm(["X-Foo", " X-Amz-Checksum-CRC64NVME "])).toBe("CRC64NVME");
  expect(trailerChecksumAlgorithm(["x-foo"])).toBeUndefined();
  expect(trailerChecksumAlgorithm([])).toBeUndefined();
});

test("Content-MD5 is read as hex", () => {
  const headers = new Headers({ "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg==" });
  expect(parseContentMd5(headers)).toBe("d41d8cd98f00b204e9800998ecf8427e");
  expect(parseContentMd5(new Headers())).toBeUndefined();
});

test.for(["", "d41d8cd98f00b204e9800998ecf8427e", "1B2M2Y8AsgTpgAmY7PhCfg", "AAAA"])(
  "Content-MD5 %j is InvalidDigest",
  (value) => {
    expect(() => parseContentMd5(new Headers({ "Content-MD5": value }))).toThrow(
      new S3Error("InvalidDigest", { fields: { "Content-MD5": value } }),
    );
  },
);
