import { expect, test } from "vitest";
import { parseCompletion } from "../../../src/operations/multipart/completion.ts";
import { NO_CONDITIONS } from "../../../src/protocol/write-conditions.ts";
import { S3Error } from "../../../src/protocol/errors.ts";
import { completionOf } from "../../support/multipart.ts";

function parse(document: string, headers: Record<string, string> = {}) {
  return parseCompletion(new TextEncoder().encode(document), new Headers(headers), "upload");
}

function partsOf(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    partNumber: i + 1,
    etag: `"${"0".repeat(32)}"`,
    checksum: ["ChecksumSHA512", "A".repeat(88)] as const,
  }));
}

test("a completion is what its document and its headers say", () => {
  const headers = {
    "if-none-match": "*",
    "x-amz-checksum-crc32": "AAAAAA==-1",
    "x-amz-checksum-type": "composite",
    "x-amz-mp-object-size": "5",
  };
  const document = `<p:CompleteMultipartUpload xmlns:p="x">
    <p:Part><p:ETag> "e" </p:ETag><p:PartNumber>3</p:PartNumber><p:ChecksumCRC32>AAAAAA==</p:ChecksumCRC32></p:Part>
  </p:CompleteMultipartUpload>`;
  expect(parse(document, headers)).toEqual({
    parts: [{ partNumber: 3, etag: "e", checksum: { algorithm: "CRC32", value: "AAAAAA==" } }],
    conditions: { ...NO_CONDITIONS, ifNoneMatch: "*" },
    sizeBytes: 5,
    checksum: { algorithm: "CRC32", value: "AAAAAA==-1" },
    checksumType: "COMPOSITE",
  });
});

test("what is not said is undefined", () => {
  const document = completionOf([{ partNumber: 1, etag: '"e"' }]);
  expect(parse(document)).toEqual({
    parts: [{ partNumber: 1, etag: "e", checksum: undefined }],
    conditions: NO_CONDITIONS,
    sizeBytes: undefined,
    checksum: undefined,
    checksumType: undefined,
  });
});

test("10,000 parts with the longest checksum are read; one more is MalformedXML", () => {
  const { parts } = parse(completionOf(partsOf(10_000)));
  expect(parts).toHaveLength(10_000);
  expect(parts[9999]).toEqual({
    partNumber: 10_000,
    etag: "0".repeat(32),
    checksum: { algorithm: "SHA512", value: "A".repeat(88) },
  });
  expect(() => parse(completionOf(partsOf(10_001)))).toThrow(new S3Error("MalformedXML"));
});
