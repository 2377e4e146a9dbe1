import { randomBytes } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect, inject, test } from "vitest";
import { expectSdkError, sdkClient, streamOf, uniqueBucket, uniqueName } from "../support/sdk.ts";

const ledge = inject("ledge");
const s3 = sdkClient(ledge);
let Bucket: string;
beforeAll(async () => {
  Bucket = await uniqueBucket(s3);
});

/** Reads to the end, which is when the SDK compares the checksum that it asks for with every GetObject. */
async function read(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

test.for([
  { name: "empty", bytes: Buffer.alloc(0) },
  { name: "a short string", bytes: Buffer.from("Grüße, 世界 🌍") },
  { name: "the inline limit", bytes: randomBytes(16_384) },
  { name: "over the inline limit", bytes: randomBytes(16_385) },
  { name: "1 MiB", bytes: randomBytes(1024 * 1024) },
  { name: "3 MiB, where the SDK expects 100-continue", bytes: randomBytes(3 * 1024 * 1024) },
])("a body comes back as it went: $name", async ({ name, bytes }) => {
  await s3.send(new PutObjectCommand({ Bucket, Key: `buffer/${name}`, Body: bytes }));
  const fromBuffer = await read(`buffer/${name}`);
  expect(fromBuffer.equals(bytes)).toBe(true);

  // A stream goes aws-chunked, its checksum in a trailer.
  const ContentLength = bytes.length;
  const Body = streamOf(bytes);
  await s3.send(new PutObjectCommand({ Bucket, Key: `stream/${name}`, Body, ContentLength }));
  const fromStream = await read(`stream/${name}`);
  expect(fromStream.equals(bytes)).toBe(true);
});

test.for(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)(
  "a %s checksum is verified and handed out again",
  async (algorithm) => {
    const Key = `checksum/${algorithm}`;
    const Body = randomBytes(100_000);
    const put = await s3.send(
      new PutObjectCommand({ Bucket, Key, Body, ChecksumAlgorithm: algorithm }),
    );
    const name = `Checksum${algorithm}` as const;
    expect(put).toMatchObject({ [name]: expect.any(String), ChecksumType: "FULL_OBJECT" });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    expect(head).toMatchObject({ [name]: Reflect.get(put, name) });
    expect((await read(Key)).equals(Body)).toBe(true);
  },
);

test("a body that is not what its checksum says is BadDigest, and is not stored", async () => {
  const Key = "wrong-checksum";
  const wrong = { Body: "body", ChecksumCRC32: "AAAAAA==" };
  const answer = s3.send(new PutObjectCommand({ Bucket, Key, ...wrong }));
  await expectSdkError(answer, 400, "BadDigest");
  await expectSdkError(s3.send(new HeadObjectCommand({ Bucket, Key })), 404, "NotFound");
});

test("headers and metadata come back, those beyond ASCII as RFC 2047", async () => {
  const given = {
    CacheControl: "max-age=60",
    ContentDisposition: 'attachment; filename="a.txt"',
    ContentEncoding: "br",
    ContentLanguage: "de",
    ContentType: "text/plain; charset=utf-8",
    StorageClass: "STANDARD_IA",
  } as const;
  const Metadata = { plain: "a b", "with-dash": "", city: "Zürich" };
  await s3.send(new PutObjectCommand({ Bucket, Key: "headers", Body: "body", Metadata, ...given }));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "headers" }));
  expect(head).toMatchObject({
    ...given,
    Metadata: { plain: "a b", "with-dash": "", city: "=?UTF-8?Q?Z=C3=BCrich?=" },
  });
});

test("HeadObject says what GetObject would, its exact length included", async () => {
  const Body = randomBytes(123_457);
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "head", Body }));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "head" }));
  expect(head).toMatchObject({
    AcceptRanges: "bytes",
    ContentLength: 123_457,
    ContentType: "application/octet-stream",
    ETag,
    LastModified: expect.any(Date),
  });
});

test.for([100, 100_000])("ranges of an object of %i bytes", async (sizeBytes) => {
  const Key = `range/${sizeBytes}`;
  const Body = randomBytes(sizeBytes);
  await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const ranges = [
    ["bytes=0-0", 0, 1],
    ["bytes=10-49", 10, 50],
    ["bytes=90-", 90, sizeBytes],
    ["bytes=-10", sizeBytes - 10, sizeBytes],
    [`bytes=50-${sizeBytes + 50}`, 50, sizeBytes],
  ] as const;
  for (const [Range, start, end] of ranges) {
    const answer = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
    const bytes = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    expect(answer.ContentRange).toBe(`bytes ${start}-${end - 1}/${sizeBytes}`);
    expect(answer.ContentLength).toBe(end - start);
    expect(bytes.equals(Body.subarray(start, end)), Range).toBe(true);
  }
  const beyond = new GetObjectCommand({ Bucket, Key, Range: `bytes=${sizeBytes}-` });
  await expectSdkError(s3.send(beyond), 416, "InvalidRange");
});

test("conditional reads answer 304 and 412", async () => {
  const Key = "conditional-read";
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "body" }));
  const { LastModified } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  const get = (conditions: object) => s3.send(new GetObjectCommand({ Bucket, Key, ...conditions }));

  expect((await get({ IfMatch: ETag })).$metadata.httpStatusCode).toBe(200);
  await expectSdkError(get({ IfMatch: '"other"' }), 412, "PreconditionFailed");
  await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
  await expect(get({ IfModifiedSince: LastModified })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
  const longAgo = new Date(0);
  expect((await get({ IfModifiedSince: longAgo })).$metadata.httpStatusCode).toBe(200);
  await expectSdkError(get({ IfUnmodifiedSince: longAgo }), 412, "PreconditionFailed");
});

test("of many writers with If-None-Match: * one wins", async () => {
  const put = (Body: string) =>
    s3.send(new PutObjectCommand({ Bucket, Key: "lock", Body, IfNoneMatch: "*" }));
  const writers = Array.from({ length: 10 }, (_, i) => `writer ${i}`);
  const answers = await Promise.allSettled(writers.map(put));
  const winners = writers.filter((_, i) => answers[i]?.status === "fulfilled");
  expect(winners).toHaveLength(1);
  expect((await read("lock")).toString()).toBe(winners[0]);
  await expectSdkError(put("late"), 412, "PreconditionFailed");
});

test("a write with If-Match replaces that ETag only", async () => {
  const Key = "compare-and-swap";
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "1" }));
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "2", IfMatch: ETag }));
  const stale = s3.send(new PutObjectCommand({ Bucket, Key, Body: "3", IfMatch: ETag }));
  await expectSdkError(stale, 412, "PreconditionFailed");
  const missing = new PutObjectCommand({ Bucket, Key: "missing", Body: "1", IfMatch: ETag });
  await expectSdkError(s3.send(missing), 404, "NoSuchKey");
});

test("what does not exist is NoSuchKey, NoSuchBucket, and NotFound to HEAD", async () => {
  const Key = "missing";
  await expectSdkError(s3.send(new GetObjectCommand({ Bucket, Key })), 404, "NoSuchKey");
  await expectSdkError(s3.send(new HeadObjectCommand({ Bucket, Key })), 404, "NotFound");
  const nowhere = { Bucket: uniqueName(), Key };
  await expectSdkError(s3.send(new GetObjectCommand(nowhere)), 404, "NoSuchBucket");
  await expectSdkError(s3.send(new PutObjectCommand(nowhere)), 404, "NoSuchBucket");
});

test("a deleted object is gone, and can be deleted again", async () => {
  const Key = "deleted";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "body" }));
  for (let round = 0; round < 2; round += 1) {
    const { $metadata } = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect($metadata.httpStatusCode).toBe(204);
  }
  await expectSdkError(s3.send(new GetObjectCommand({ Bucket, Key })), 404, "NoSuchKey");
});
