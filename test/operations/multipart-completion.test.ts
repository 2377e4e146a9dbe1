import { describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import {
  bytesOf,
  complete,
  completed,
  completionOf,
  createUpload,
  listParts,
  PART_BYTES,
  putPart,
} from "../support/multipart.ts";

describe("a completion", () => {
  async function twoParts() {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const first = await putPart(bucket, "k", uploadId, 1, bytesOf(PART_BYTES, 1));
    const second = await putPart(bucket, "k", uploadId, 2, "end");
    return { bucket, uploadId, first, second };
  }

  test("out of order, or with a part twice, is InvalidPartOrder, and can be corrected", async () => {
    const { bucket, uploadId, first, second } = await twoParts();
    for (const parts of [
      [second, first],
      [first, first],
    ]) {
      const refused = await complete(bucket, "k", uploadId, parts);
      const document = await expectError(refused, 400, "InvalidPartOrder");
      expect(elements(document, "UploadId")).toEqual([uploadId]);
    }
    await completed(bucket, "k", uploadId, [first, second]);
  });

  test("of a part that was not uploaded, or has another ETag, is InvalidPart", async () => {
    const { bucket, uploadId, first, second } = await twoParts();
    const unknown = { partNumber: 3, etag: second.etag };
    const replaced = { partNumber: 2, etag: '"0123456789abcdef0123456789abcdef"' };
    const impossible = { partNumber: 10_001, etag: second.etag };
    for (const wrong of [unknown, replaced, impossible]) {
      const refused = await complete(bucket, "k", uploadId, [first, wrong]);
      const document = await expectError(refused, 400, "InvalidPart");
      expect(elements(document, "PartNumber")).toEqual([String(wrong.partNumber)]);
      expect(elements(document, "ETag")).toEqual([wrong.etag.slice(1, -1)]);
    }
  });

  test("takes ETags without quotes, and documents without a namespace", async () => {
    const { bucket, uploadId, first } = await twoParts();
    const etag = first.etag.slice(1, -1);
    const document = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
    expect((await complete(bucket, "k", uploadId, document)).status).toBe(200);
  });

  test("with a small part before the last is EntityTooSmall", async () => {
    const { bucket, uploadId, first, second } = await twoParts();
    const third = await putPart(bucket, "k", uploadId, 3, "more");
    const refused = await complete(bucket, "k", uploadId, [first, second, third]);
    const document = await expectError(refused, 400, "EntityTooSmall");
    expect(elements(document, "PartNumber")).toEqual(["2"]);
    expect(elements(document, "ProposedSize")).toEqual(["3"]);
    expect(elements(document, "MinSizeAllowed")).toEqual([String(PART_BYTES)]);
  });

  test("once more is answered the same; another list is of no upload", async () => {
    const { bucket, uploadId, first, second } = await twoParts();
    const once = await completed(bucket, "k", uploadId, [first, second]);
    expect(await completed(bucket, "k", uploadId, [first, second])).toBe(once);
    await expectError(await complete(bucket, "k", uploadId, [first]), 404, "NoSuchUpload");
    await expectError(await complete(bucket, "j", uploadId, [first, second]), 404, "NoSuchUpload");
  });

  test("is held to x-amz-mp-object-size", async () => {
    const { bucket, uploadId, first, second } = await twoParts();
    const parts = [first, second];
    const sized = (size: string) =>
      complete(bucket, "k", uploadId, parts, { "x-amz-mp-object-size": size });
    await expectError(await sized("5"), 400, "InvalidRequest");
    await expectError(await sized("-1"), 400, "InvalidRequest");
    await expectError(await sized("many"), 400, "InvalidRequest");
    expect((await sized(String(PART_BYTES + 3))).status).toBe(200);
  });

  test("with If-None-Match: * makes an object only", async () => {
    const { bucket, uploadId, first } = await twoParts();
    await putObject(bucket, "k", "there");
    const refused = await complete(bucket, "k", uploadId, [first], { "if-none-match": "*" });
    await expectError(refused, 412, "PreconditionFailed");
    await signedFetch("DELETE", `/${bucket}/k`);
    await completed(bucket, "k", uploadId, [first], { "if-none-match": "*" });
  });

  test("with If-Match replaces the object of that ETag only", async () => {
    const bucket = await uniqueBucket();
    const { headers } = await putObject(bucket, "k", "there");
    const uploadId = await createUpload(bucket, "k");
    const part = await putPart(bucket, "k", uploadId, 1, "x");
    const matching = (etag: string) =>
      complete(bucket, "k", uploadId, [part], { "if-match": etag });
    await expectError(await matching('"0"'), 412, "PreconditionFailed");
    expect((await matching(headers.get("etag") ?? "")).status).toBe(200);
  });

  test.for([
    { name: "no part", body: "<CompleteMultipartUpload/>" },
    { name: "no XML", body: "parts" },
    { name: "another document", body: "<Delete><Part/></Delete>" },
    { name: "a part without a number", body: partDocument("<ETag>e</ETag>") },
    { name: "a part without an ETag", body: partDocument("<PartNumber>1</PartNumber>") },
    {
      name: "a number in words",
      body: partDocument("<PartNumber>one</PartNumber><ETag>e</ETag>"),
    },
    {
      name: "an element that no part has",
      body: partDocument("<PartNumber>1</PartNumber><ETag>e</ETag><Size>1</Size>"),
    },
  ])("of $name is MalformedXML", async ({ body }) => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    await expectError(await complete(bucket, "k", uploadId, body), 400, "MalformedXML");
  });

  test("of part 0 is InvalidArgument", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "k");
    const refused = await complete(bucket, "k", uploadId, [{ partNumber: 0, etag: '"e"' }]);
    const document = await expectError(refused, 400, "InvalidArgument");
    expect(elements(document, "ArgumentName")).toEqual(["PartNumber"]);
  });

  test("whose document is not what was signed changes nothing", async () => {
    const { bucket, uploadId, first } = await twoParts();
    const headers = { "x-amz-content-sha256": "0".repeat(64) };
    const refused = await complete(bucket, "k", uploadId, [first], headers);
    await expectError(refused, 400, "XAmzContentSHA256Mismatch");
    expect((await listParts(bucket, "k", uploadId)).status).toBe(200);
  });

  test("in virtual-hosted style is told a location in that style", async () => {
    const bucket = await uniqueBucket();
    const uploadId = await createUpload(bucket, "a/b");
    const part = await putPart(bucket, "a/b", uploadId, 1, "x");
    const endpoint = `http://${bucket}.s3.localhost:8787`;
    const body = completionOf([part]);
    const response = await signedFetch("POST", "/a/b", { endpoint, query: { uploadId }, body });
    const document = await response.text();
    expect(elements(document, "Location"), document).toEqual([`${endpoint}/a/b`]);
  });
});

function partDocument(content: string): string {
  return `<CompleteMultipartUpload><Part>${content}</Part></CompleteMultipartUpload>`;
}
