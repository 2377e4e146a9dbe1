import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Segment } from "../../src/protocol/object-record.ts";
import { WANTS_CONTENT } from "../../src/storage/ports/content-index.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copied, copiedPart, copyPart, rangeOf, readObject } from "../support/copy.ts";
import { blobsOf, bucketIdOf } from "../support/faults.ts";
import {
  bytesOf,
  completed,
  createUpload,
  listParts,
  multipartEtagOf,
  PART_BYTES,
  putPart,
} from "../support/multipart.ts";
import { completeParts, indexOf } from "../support/multipart-object.ts";

/** Text in which every place looks different. */
const BODY = Array.from({ length: 4000 }, (_, i) => `${i}`.padStart(5, " ")).join("");
const SIZES = [
  { kind: "inline", body: BODY.slice(0, 1000) },
  { kind: "blob", body: BODY },
];

/** An object of two parts, the second one short. */
async function putStitched(bucket: string, key: string, last: string): Promise<string> {
  const uploadId = await createUpload(bucket, key);
  const parts = [
    await putPart(bucket, key, uploadId, 1, bytesOf(PART_BYTES, 0x61)),
    await putPart(bucket, key, uploadId, 2, last),
  ];
  await completed(bucket, key, uploadId, parts);
  return "a".repeat(PART_BYTES) + last;
}

describe.for(SIZES)("a part of an object that is kept as $kind", ({ kind, body }) => {
  test("is all of it, in any bucket, and outlives it", async () => {
    const [from, to] = [await uniqueBucket(), await uniqueBucket()];
    await putObject(from, "source", body);
    for (const bucket of [from, to]) {
      const uploadId = await createUpload(bucket, "target");
      const part = await copiedPart(`${from}/source`, `${bucket}/target`, uploadId, 1);
      expect(part.etag).toBe(`"${createHash("md5").update(body).digest("hex")}"`);
      const document = await completed(bucket, "target", uploadId, [part]);
      expect(elements(document, "ETag")[0]?.replaceAll("&quot;", '"')).toBe(
        multipartEtagOf([body]),
      );
    }
    await signedFetch("DELETE", `/${from}/source`);
    for (const bucket of [from, to]) expect(await readObject(`${bucket}/target`)).toBe(body);
  });

  test("is a range of it", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "source", body);
    const last = body.length - 1;
    for (const [first, end] of [
      [0, 0],
      [1, 1],
      [10, 99],
      [last, last],
      [0, last],
    ] as const) {
      const uploadId = await createUpload(bucket, "target");
      const range = rangeOf(first, end);
      const part = await copiedPart(`${bucket}/source`, `${bucket}/target`, uploadId, 1, range);
      const again = await copiedPart(`${bucket}/source`, `${bucket}/target`, uploadId, 2, range);
      expect(again.etag).toBe(part.etag);
      await completed(bucket, "target", uploadId, [part]);
      expect(await readObject(`${bucket}/target`)).toBe(body.slice(first, end + 1));
    }
  });

  test("moves bytes only where they were inline", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "source", body);
    const uploadId = await createUpload(bucket, "target");
    for (const number of [1, 2, 3])
      await copiedPart(`${bucket}/source`, `${bucket}/target`, uploadId, number);
    expect(await blobsOf(await bucketIdOf(bucket))).toHaveLength(kind === "inline" ? 3 : 1);
  });
});

test("an empty object is an empty part", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "source", "");
  const uploadId = await createUpload(bucket, "target");
  const part = await copiedPart(`${bucket}/source`, `${bucket}/target`, uploadId, 1);
  await completed(bucket, "target", uploadId, [part]);
  expect(await readObject(`${bucket}/target`)).toBe("");
});

test("a part of an object of parts is all of it, or a range over them", async () => {
  const [from, to] = [await uniqueBucket(), await uniqueBucket()];
  const whole = await putStitched(from, "source", "the end");
  await copied(`${from}/source`, `${to}/copy`);
  for (const source of [`${from}/source`, `${to}/copy`]) {
    for (const bucket of [from, to]) {
      const uploadId = await createUpload(bucket, "target");
      const parts = [
        await copiedPart(source, `${bucket}/target`, uploadId, 1),
        await copiedPart(source, `${bucket}/target`, uploadId, 2, rangeOf(1, PART_BYTES + 2)),
        await copiedPart(
          source,
          `${bucket}/target`,
          uploadId,
          3,
          rangeOf(PART_BYTES + 4, PART_BYTES + 6),
        ),
      ];
      await completed(bucket, "target", uploadId, parts);
      expect(await readObject(`${bucket}/target`)).toBe(
        `${whole}${whole.slice(1, PART_BYTES + 3)}end`,
      );
    }
  }
});

test("a copy of an object of parts keeps its ETag and its parts", async () => {
  const [from, to] = [await uniqueBucket(), await uniqueBucket()];
  const whole = await putStitched(from, "source", "the end");
  for (const target of [`${from}/copy`, `${to}/copy`]) {
    const document = await copied(`${from}/source`, target);
    expect(elements(document, "ETag")[0]?.replaceAll("&quot;", '"')).toBe(
      multipartEtagOf([bytesOf(PART_BYTES, 0x61), "the end"]),
    );
    expect(await readObject(target)).toBe(whole);
    const second = await signedFetch("GET", `/${target}`, { query: { partNumber: "2" } });
    expect(second.headers.get("x-amz-mp-parts-count")).toBe("2");
    expect(await second.text()).toBe("the end");
  }
});

test("a checksum of an object of parts is computed over all of them", async () => {
  const bucket = await uniqueBucket();
  const whole = await putStitched(bucket, "source", "the end");
  const asked = { "x-amz-checksum-algorithm": "SHA256" };
  const document = await copied(`${bucket}/source`, `${bucket}/copy`, asked);
  const expected = createHash("sha256").update(whole).digest("base64");
  expect(elements(document, "ChecksumSHA256")).toEqual([expected]);
});

/**
 * An object of many runs of another one's blob, made past the gateway: parts of such a size S3 does not take.
 *
 * @param stride from the beginning of a run to that of the next
 */
async function putSegments(
  bucket: string,
  key: string,
  from: string,
  { length, stride, count }: { length: number; stride: number; count: number },
): Promise<void> {
  const index = await indexOf(bucket);
  const found = await index.read(from, WANTS_CONTENT);
  if (found?.kind !== "object" || found.content?.kind !== "blob") throw new Error("no blob");
  const { blobId } = found.content;
  const blobSizeBytes = found.sizeBytes;
  if (!index.isHome(key, blobId)) throw new Error("no blob of this shard");
  const segments = Array.from({ length: count }, (_, i): Segment => {
    const blob = { blobId, blobOffset: i * stride, blobSizeBytes, keeperId: blobId };
    return { ...blob, offset: i * length, length };
  });
  const source = { kind: "reference", contentId: blobId, holdToken: undefined } as const;
  const etag = "0".repeat(32);
  const part = { sizeBytes: count * length, etag, checksum: undefined };
  await completeParts(index, key, [{ ...part, content: { kind: "copy", source, segments } }]);
}

test("a part may be of more segments than one answer of the index has", async () => {
  const [bucket, other] = [await uniqueBucket(), await uniqueBucket()];
  await putObject(bucket, "k", BODY);
  await putSegments(bucket, "k", "k", { length: 5, stride: 5, count: 900 });
  for (const to of [bucket, other]) {
    const uploadId = await createUpload(to, "target");
    const all = await copiedPart(`${bucket}/k`, `${to}/target`, uploadId, 1);
    await completed(to, "target", uploadId, [all]);
    expect(await readObject(`${to}/target`)).toBe(BODY.slice(0, 4500));

    const rangeId = await createUpload(to, "target");
    const range = await copiedPart(`${bucket}/k`, `${to}/target`, rangeId, 1, rangeOf(7, 4321));
    await completed(to, "target", rangeId, [range]);
    expect(await readObject(`${to}/target`)).toBe(BODY.slice(7, 4322));
  }
});

describe("a part is refused", () => {
  async function prepared() {
    const bucket = await uniqueBucket();
    const put = await putObject(bucket, "source", BODY);
    const uploadId = await createUpload(bucket, "target");
    const source = `${bucket}/source`;
    const target = `${bucket}/target`;
    return { bucket, source, target, uploadId, etag: put.headers.get("etag") ?? "" };
  }

  test.for([
    { range: "0-8", code: "InvalidArgument" },
    { range: "bytes=8-0", code: "InvalidArgument" },
    { range: "bytes=0-", code: "InvalidArgument" },
    { range: "bytes=0-20000", code: "InvalidArgument" },
    { range: "bytes=20000-20001", code: "InvalidRequest" },
  ])("for the range $range", async ({ range, code }) => {
    const { source, target, uploadId } = await prepared();
    const query = { uploadId, partNumber: "1" };
    const headers = { "x-amz-copy-source-range": range };
    await expectError(await copyPart(source, target, query, headers), 400, code);
  });

  test("of an upload that does not exist, or is another key's", async () => {
    const { bucket, source, target, uploadId } = await prepared();
    const unknown = { uploadId: "unknown", partNumber: "1" };
    await expectError(await copyPart(source, target, unknown), 404, "NoSuchUpload");
    const other = { uploadId, partNumber: "1" };
    await expectError(await copyPart(source, `${bucket}/other`, other), 404, "NoSuchUpload");
  });

  test.for(["0", "10001", "x", ""])("with the number '%s'", async (partNumber) => {
    const { source, target, uploadId } = await prepared();
    const response = await copyPart(source, target, { uploadId, partNumber });
    await expectError(response, 400, "InvalidArgument");
  });

  test("when the source is not there, or not as the conditions say", async () => {
    const { bucket, source, target, uploadId, etag } = await prepared();
    const query = { uploadId, partNumber: "1" };
    await expectError(await copyPart(`${bucket}/none`, target, query), 404, "NoSuchKey");
    await expectError(await copyPart("no-such-bucket-here/k", target, query), 404, "NoSuchBucket");
    const failing = { "x-amz-copy-source-if-none-match": etag };
    const refused = await copyPart(source, target, query, failing);
    const document = await expectError(refused, 412, "PreconditionFailed");
    expect(elements(document, "Condition")).toEqual(["x-amz-copy-source-If-None-Match"]);
    await copiedPart(source, target, uploadId, 1, { "x-amz-copy-source-if-match": etag });
  });

  test("of more than 5 GiB, which a range of it may cut down", async () => {
    const { bucket, target, uploadId } = await prepared();
    await putObject(bucket, "huge", bytesOf(PART_BYTES, 0x61));
    await putSegments(bucket, "huge", "huge", { length: PART_BYTES, stride: 0, count: 1229 });
    const query = { uploadId, partNumber: "1" };
    const response = await copyPart(`${bucket}/huge`, target, query);
    const document = await expectError(response, 400, "InvalidRequest");
    expect(document).toContain("5368709120");
    await copiedPart(`${bucket}/huge`, target, uploadId, 1, rangeOf(1, 5 * 1024 ** 3));
    const listed = await (await listParts(bucket, "target", uploadId)).text();
    expect(elements(listed, "Size")).toEqual([String(5 * 1024 ** 3)]);

    await copied(`${bucket}/huge`, `${bucket}/copy`);
    const head = await signedFetch("HEAD", `/${bucket}/copy`);
    expect(head.headers.get("content-length")).toBe(String(1229 * PART_BYTES));
  });
});
