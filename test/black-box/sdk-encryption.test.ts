import { createHash, randomBytes } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  type ServerSideEncryption,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect, inject, test } from "vitest";
import { expectSdkError, sdkClient, uniqueBucket } from "../support/sdk.ts";

const PART_BYTES = 5 * 1024 * 1024;

const s3 = sdkClient(inject("ledge"));
let Bucket: string;
beforeAll(async () => {
  Bucket = await uniqueBucket(s3);
});

interface Mode {
  readonly name: string;
  readonly put: { readonly ServerSideEncryption?: ServerSideEncryption };
  readonly get: {
    readonly SSECustomerAlgorithm?: string;
    readonly SSECustomerKey?: string;
    readonly SSECustomerKeyMD5?: string;
  };
}

const key = randomBytes(32);
const CUSTOMERS = {
  SSECustomerAlgorithm: "AES256",
  SSECustomerKey: key.toString("base64"),
  SSECustomerKeyMD5: createHash("md5").update(key).digest("base64"),
};

const MODES: readonly Mode[] = [
  { name: "SSE-S3", put: { ServerSideEncryption: "AES256" }, get: {} },
  { name: "SSE-KMS", put: { ServerSideEncryption: "aws:kms" }, get: {} },
  { name: "DSSE", put: { ServerSideEncryption: "aws:kms:dsse" }, get: {} },
  { name: "SSE-C", put: {}, get: CUSTOMERS },
];

async function read(Key: string, { get }: Mode, Range?: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, Range, ...get }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

test.for(MODES)("$name: objects, ranges, parts, and copies", async (mode) => {
  const bytes = randomBytes(2 * PART_BYTES + 12_345);
  const Key = mode.name;
  for (const size of [0, 1000, 70_000, bytes.byteLength]) {
    const Body = bytes.subarray(0, size);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...mode.put, ...mode.get }));
    expect((await read(Key, mode)).equals(Body)).toBe(true);
  }
  for (const [first, last] of [
    [0, 0],
    [65_535, 65_536],
    [100_000, 9_000_000],
    [bytes.byteLength - 10, bytes.byteLength - 1],
  ] as const)
    expect(
      (await read(Key, mode, `bytes=${first}-${last}`)).equals(bytes.subarray(first, last + 1)),
    ).toBe(true);

  const joined = `${Key}-joined`;
  const create = { Bucket, Key: joined, ...mode.put, ...mode.get };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(create));
  const Parts = [];
  for (const [i, at] of [0, PART_BYTES + 1].entries()) {
    const Body = i === 0 ? bytes.subarray(0, PART_BYTES + 1) : bytes.subarray(at);
    const part = { Bucket, Key: joined, UploadId, PartNumber: i + 1, Body, ...mode.get };
    const { ETag } = await s3.send(new UploadPartCommand(part));
    Parts.push({ PartNumber: i + 1, ETag });
  }
  const done = { Bucket, Key: joined, UploadId, MultipartUpload: { Parts }, ...mode.get };
  await s3.send(new CompleteMultipartUploadCommand(done));
  expect((await read(joined, mode)).equals(bytes)).toBe(true);
  const range = `bytes=${PART_BYTES - 100_000}-${PART_BYTES + 100_000}`;
  const seam = bytes.subarray(PART_BYTES - 100_000, PART_BYTES + 100_001);
  expect((await read(joined, mode, range)).equals(seam)).toBe(true);

  const CopySource = `${Bucket}/${joined}`;
  const source =
    mode.name === "SSE-C"
      ? {
          CopySourceSSECustomerAlgorithm: CUSTOMERS.SSECustomerAlgorithm,
          CopySourceSSECustomerKey: CUSTOMERS.SSECustomerKey,
          CopySourceSSECustomerKeyMD5: CUSTOMERS.SSECustomerKeyMD5,
        }
      : {};
  for (const to of MODES) {
    const copy = { Bucket, Key: "copy", CopySource, ...source, ...to.put, ...to.get };
    await s3.send(new CopyObjectCommand(copy));
    expect((await read("copy", to)).equals(bytes)).toBe(true);
  }
});

test("SSE-C: who has another key, or none, is refused", async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "secret", ...CUSTOMERS }));
  const get = { Bucket, Key: "k" };
  await expectSdkError(s3.send(new GetObjectCommand(get)), 400, "InvalidRequest");
  const other = randomBytes(32);
  const wrong = {
    ...CUSTOMERS,
    SSECustomerKey: other.toString("base64"),
    SSECustomerKeyMD5: createHash("md5").update(other).digest("base64"),
  };
  await expectSdkError(s3.send(new GetObjectCommand({ ...get, ...wrong })), 403, "AccessDenied");
});
