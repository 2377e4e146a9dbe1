import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CERTIFICATE } from "../support/certificate.ts";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { expectSdkError, sdkClient, streamOf, uniqueBucket } from "../support/sdk.ts";

let ledge: LedgeProcess;
let s3: S3Client;
let Bucket: string;
beforeAll(async () => {
  ledge = await startLedge({ tls: CERTIFICATE });
  const httpsAgent = new Agent({ ca: await readFile(CERTIFICATE.certificate) });
  s3 = sdkClient(ledge, { requestHandler: { httpsAgent } });
  Bucket = await uniqueBucket(s3);
});
afterAll(async () => {
  await ledge?.stop();
});

// Over TLS the payload is unsigned, and a stream goes aws-chunked with its checksum in a trailer.
test.for([0, 1, 16_384, 16_385, 200_000, 3 * 1024 * 1024])(
  "a body of %i bytes comes back as it went",
  async (sizeBytes) => {
    const bytes = randomBytes(sizeBytes);
    const bodies = { buffer: bytes, stream: streamOf(bytes) };
    for (const [name, Body] of Object.entries(bodies)) {
      const Key = `${name}/${sizeBytes}`;
      const ContentLength = sizeBytes;
      const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength }));
      expect(put.ChecksumCRC32).toBeDefined();
      const get = await s3.send(new GetObjectCommand({ Bucket, Key }));
      expect(get.ContentLength).toBe(sizeBytes);
      const read = Buffer.from((await get.Body?.transformToByteArray()) ?? []);
      expect(read.equals(bytes), name).toBe(true);
    }
  },
);

test("listing, deleting and error codes are as over HTTP", async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "deleted", Body: "body" }));
  const Delete = { Objects: [{ Key: "deleted" }] };
  const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
  expect(Deleted).toEqual([{ Key: "deleted" }]);
  const listing = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "deleted" }));
  expect(listing.KeyCount).toBe(0);
  const missing = { Bucket, Key: "deleted" };
  await expectSdkError(s3.send(new GetObjectCommand(missing)), 404, "NoSuchKey");
  await expectSdkError(s3.send(new HeadObjectCommand(missing)), 404, "NotFound");
});
