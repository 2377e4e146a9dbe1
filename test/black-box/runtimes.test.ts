import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { startLedge } from "../../cli/testing.ts";
import { blobIds } from "../support/data-folder.ts";
import { everythingStored } from "../support/everything-stored.ts";
import { sdkClient } from "../support/sdk.ts";

/** So that most bodies are blobs, and what is overwritten is due when the other runtime has the folder. */
const SETTINGS = ["--var", "INLINE_LIMIT_BYTES:16", "--var", "GARBAGE_DELAY_SECONDS:2"];
const Bucket = "shelf";
const Versioned = "versions";

const put = (s3: S3Client, Key: string, text: string, into = Bucket) =>
  s3.send(
    new PutObjectCommand({
      Bucket: into,
      Key,
      Body: Buffer.from(text),
      Metadata: { of: text.slice(0, 9) },
    }),
  );

/** @returns the upload that is in progress */
async function fill(s3: S3Client) {
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new CreateBucketCommand({ Bucket: Versioned, ObjectLockEnabledForBucket: true }));
  const Tagging = { TagSet: [{ Key: "team", Value: "blue" }] };
  await s3.send(new PutBucketTaggingCommand({ Bucket: Versioned, Tagging }));
  for (const into of [Bucket, Versioned]) {
    await put(s3, "empty", "", into);
    await put(s3, "inline", "hello", into);
    await put(s3, "blob 📚", "too long for the index", into);
    await put(s3, "overwritten", "garbage where there are no versions", into);
    await put(s3, "overwritten", "the second, which stays", into);
    await put(s3, "deleted", "gone", into);
    await s3.send(new DeleteObjectCommand({ Bucket: into, Key: "deleted" }));
  }
  const upload = { Bucket, Key: "in parts" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload));
  const part = { ...upload, UploadId, PartNumber: 1, Body: "the only part, as yet" };
  const { ETag } = await s3.send(new UploadPartCommand(part));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  return { ...upload, UploadId, MultipartUpload };
}

test.for([
  { from: "node", to: "workerd" },
  { from: "workerd", to: "node" },
])("what $from wrote, $to goes on with", async ({ from, to }) => {
  const dataFolder = await mkdtemp(path.join(tmpdir(), "ledge-runtimes-"));
  const start = (runtime: string) =>
    startLedge({ dataFolder, args: ["--runtime", runtime, ...SETTINGS] });
  let ledge = await start(from);
  try {
    const upload = await fill(sdkClient(ledge));
    const stored = await everythingStored(sdkClient(ledge));
    const blobs = (await blobIds(dataFolder)).length;
    await ledge.stop();

    ledge = await start(to);
    const s3 = sdkClient(ledge);
    expect(await everythingStored(s3)).toEqual(stored);
    // The alarm that the other one set.
    const isCleanedUp = async () => (await blobIds(dataFolder)).length === blobs - 1;
    await vi.waitUntil(isCleanedUp, { timeout: 20_000 });
    await s3.send(new CompleteMultipartUploadCommand(upload));
    const get = new GetObjectCommand({ Bucket, Key: upload.Key });
    const { Body } = await s3.send(get);
    expect(await Body?.transformToString()).toBe("the only part, as yet");
    await put(s3, "inline", "written over by the other one");
    await ledge.stop();

    // And back.
    ledge = await start(from);
    const text = JSON.stringify(await everythingStored(sdkClient(ledge)));
    expect(text).toContain('"of":"written o"');
    expect(text).toContain('"Key":"in parts"');
  } finally {
    await ledge.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
});
