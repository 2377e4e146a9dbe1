import { randomBytes } from "node:crypto";
import http from "node:http";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  RenameObjectCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect, inject, test } from "vitest";
import { expectSdkError, presign, rawSigner, sdkClient, uniqueBucket } from "../support/sdk.ts";

const PART_BYTES = 5 * 1024 * 1024;

const ledge = inject("ledge");
const s3 = sdkClient(ledge);
let Bucket: string;
beforeAll(async () => {
  Bucket = await uniqueBucket(s3);
});

async function read(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** Sends a request with its headers in UTF-8, where fetch would send Latin-1. */
async function sendUtf8(request: Request): Promise<number | undefined> {
  const headers = [...request.headers].map(
    ([name, value]) => [name, Buffer.from(value).toString("latin1")] as const,
  );
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const sent = http.request(request.url, {
    method: request.method,
    headers: Object.fromEntries(headers),
  });
  sent.on("response", (response) => resolve(response.resume().statusCode));
  sent.on("error", reject);
  sent.end();
  return promise;
}

test.for([100, 100_000])(
  "an object of %i bytes is copied, and its source with it",
  async (size) => {
    const Body = randomBytes(size);
    const Key = `source ${size}`;
    const Metadata = { a: "1" };
    const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata }));
    const copy = { Bucket, Key: `copy ${size}`, CopySource: `${Bucket}/${Key}` };
    const { CopyObjectResult } = await s3.send(new CopyObjectCommand(copy));
    expect(CopyObjectResult).toMatchObject({
      ETag: put.ETag,
      LastModified: expect.any(Date),
      ChecksumCRC32: put.ChecksumCRC32,
      ChecksumType: "FULL_OBJECT",
    });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: copy.Key }));
    expect(head).toMatchObject({ Metadata, LastModified: CopyObjectResult?.LastModified });
    expect((await read(copy.Key)).equals(Body)).toBe(true);
  },
);

test.for(["a b+c/d.txt", "a%20b", "a?versionId=b", "dir/"])(
  "the source %s is found when it is encoded, with a slash and without",
  async (Key) => {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    for (const slash of ["", "/"]) {
      const CopySource = `${slash}${Bucket}/${encodeURIComponent(Key)}`;
      await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
      expect((await read("copy")).toString()).toBe(Key);
    }
  },
);

test("the source is found in raw UTF-8", async () => {
  const Key = "a b+c/é.txt";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const request = await rawSigner(ledge).sign(`${ledge.endpoint}/${Bucket}/raw`, {
    method: "PUT",
    headers: { "x-amz-copy-source": `${Bucket}/${Key}` },
  });
  expect(await sendUtf8(request)).toBe(200);
  expect((await read("raw")).toString()).toBe(Key);
});

test("a presigned URL with the source in its query is one of a copy", async () => {
  const Key = "世界 🌍";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const source = { "x-amz-copy-source": `${Bucket}/${Key}` };
  const url = await presign(ledge, "PUT", `/${Bucket}/presigned`, source);
  expect((await fetch(url, { method: "PUT" })).status).toBe(200);
  expect((await read("presigned")).toString()).toBe(Key);
});

test("a copy may fail", async () => {
  const copy = (given: object) =>
    s3.send(
      new CopyObjectCommand({ Bucket, Key: "fails", CopySource: `${Bucket}/source`, ...given }),
    );
  await s3.send(new PutObjectCommand({ Bucket, Key: "source", Body: "body" }));
  await expectSdkError(copy({ CopySource: `${Bucket}/none` }), 404, "NoSuchKey");
  await expectSdkError(copy({ Key: "source" }), 400, "InvalidRequest");
  await expectSdkError(copy({ CopySourceIfMatch: '"x"' }), 412, "PreconditionFailed");
  await copy({});
  await expectSdkError(copy({ IfNoneMatch: "*" }), 412, "PreconditionFailed");
});

test("an object is put together of ranges of others", async () => {
  const Body = randomBytes(2 * PART_BYTES + 1000);
  await s3.send(new PutObjectCommand({ Bucket, Key: "whole", Body }));
  const target = { Bucket, Key: "joined" };
  const created = await s3.send(new CreateMultipartUploadCommand(target));
  const upload = { ...target, UploadId: created.UploadId };
  const ranges = [
    [PART_BYTES, 2 * PART_BYTES - 1],
    [0, PART_BYTES - 1],
    [2 * PART_BYTES, 2 * PART_BYTES + 999],
  ] as const;
  const Parts = await Promise.all(
    ranges.map(async ([first, last], i) => {
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({
          ...upload,
          PartNumber: i + 1,
          CopySource: `${Bucket}/whole`,
          CopySourceRange: `bytes=${first}-${last}`,
        }),
      );
      return { PartNumber: i + 1, ETag: CopyPartResult?.ETag };
    }),
  );
  await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  const expected = Buffer.concat(ranges.map(([first, last]) => Body.subarray(first, last + 1)));
  expect((await read("joined")).equals(expected)).toBe(true);

  const CopySource = `${Bucket}/joined`;
  const ChecksumAlgorithm = "SHA256";
  const copy = new CopyObjectCommand({ Bucket, Key: "copied", CopySource, ChecksumAlgorithm });
  await s3.send(copy);
  expect((await read("copied")).equals(expected)).toBe(true);
});

test("an object is renamed", async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "old name", Body: "body" }));
  const RenameSource = encodeURIComponent("old name");
  const rename = { Bucket, Key: "new name", RenameSource };
  await s3.send(new RenameObjectCommand(rename));
  expect((await read("new name")).toString()).toBe("body");
  await expectSdkError(s3.send(new RenameObjectCommand(rename)), 404, "NoSuchKey");
});
