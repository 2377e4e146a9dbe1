import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { rawSigner, sdkClient, uniqueBucket } from "../support/sdk.ts";

const LEDGE = "arn:aws:s3:::far-ledge";
const OTHER = "arn:ledge:replication::far:other";
const PART_BYTES = 5 * 1024 * 1024;
const KEY = "dir/a b+ü%.txt";

let far: LedgeProcess;
let near: LedgeProcess;
let there: S3Client;
let here: S3Client;
/** Of the other server: as another Ledge, and as any S3 server. */
let ledgeBucket: string;
let otherBucket: string;

beforeAll(async () => {
  far = await startLedge();
  there = sdkClient(far);
  ledgeBucket = await versioned(there);
  otherBucket = await versioned(there);
  const { endpoint } = far;
  // The SDK has put members of its own into them.
  const { accessKeyId, secretAccessKey } = far.credentials;
  const declared = { endpoint, accessKeyId, secretAccessKey };
  const targets = {
    [LEDGE]: { ...declared, bucket: ledgeBucket, kind: "ledge" },
    [OTHER]: { ...declared, bucket: otherBucket },
  };
  near = await startLedge({ env: { REPLICATION_TARGETS: JSON.stringify(targets) } });
  here = sdkClient(near);
}, 120_000);

afterAll(async () => {
  await Promise.all([near?.stop(), far?.stop()]);
});

async function versioned(s3: S3Client): Promise<string> {
  const Bucket = await uniqueBucket(s3);
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  return Bucket;
}

/** A bucket that replicates everything there. */
async function replicated(arn: string): Promise<string> {
  const Bucket = await versioned(here);
  await here.send(
    new PutBucketReplicationCommand({
      Bucket,
      ReplicationConfiguration: {
        Role: "arn:aws:iam::000000000000:role/r",
        Rules: [
          {
            Priority: 1,
            Status: "Enabled",
            Filter: {},
            Destination: { Bucket: arn },
            DeleteMarkerReplication: { Status: "Enabled" },
          },
        ],
      },
    }),
  );
  return Bucket;
}

async function becomes(status: string, Bucket: string, Key: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { ReplicationStatus } = await here.send(new HeadObjectCommand({ Bucket, Key }));
      expect(ReplicationStatus).toBe(status);
    },
    { timeout: 30_000, interval: 50 },
  );
}

async function putParts(Bucket: string, Key: string): Promise<void> {
  const { UploadId } = await here.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const Parts = [];
  for (const [i, size] of [PART_BYTES + 1, PART_BYTES, 17].entries()) {
    const part = { Bucket, Key, UploadId, PartNumber: i + 1, Body: Buffer.alloc(size, 65 + i) };
    const { ETag } = await here.send(new UploadPartCommand(part));
    Parts.push({ ETag, PartNumber: i + 1 });
  }
  const completion = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
  await here.send(new CompleteMultipartUploadCommand(completion));
}

async function versionsOf(s3: S3Client, Bucket: string, Prefix: string): Promise<string[]> {
  const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix }));
  return [
    ...(page.Versions ?? []).map((each) => `${each.VersionId} ${each.ETag}`),
    ...(page.DeleteMarkers ?? []).map((each) => `${each.VersionId} marker`),
  ];
}

test.for([
  ["another Ledge", LEDGE],
  ["any other server", OTHER],
] as const)("versions go to %s with all that they say", { timeout: 120_000 }, async ([, arn]) => {
  const from = await replicated(arn);
  const to = arn === LEDGE ? ledgeBucket : otherBucket;
  const Body = Buffer.alloc(300_000, "x");
  const object = { ContentType: "text/x-note", Metadata: { a: "b" }, Tagging: "k=v%2Bw" };
  for (const [Key, bytes] of [
    [KEY, Body],
    ["inline", Buffer.from("small")],
    ["empty", Buffer.alloc(0)],
  ] as const)
    await here.send(new PutObjectCommand({ Bucket: from, Key, Body: bytes, ...object }));
  await putParts(from, "parts");
  for (const Key of [KEY, "inline", "empty", "parts"]) {
    await becomes("COMPLETED", from, Key);
    const [sent, taken] = await Promise.all([
      here.send(new GetObjectCommand({ Bucket: from, Key })),
      there.send(new GetObjectCommand({ Bucket: to, Key })),
    ]);
    const described = ({ ETag, ContentType, TagCount, ContentLength }: typeof sent) => ({
      ETag,
      ContentType,
      TagCount,
      ContentLength,
    });
    expect(described(taken), Key).toEqual(described(sent));
    expect(taken.Metadata?.["a"]).toEqual(sent.Metadata?.["a"]);
    const bytes = async ({ Body: body }: typeof sent) =>
      Buffer.from((await body?.transformToByteArray()) ?? []);
    expect((await bytes(taken)).equals(await bytes(sent)), Key).toBe(true);
    if (arn !== LEDGE) continue;
    expect(taken.VersionId).toBe(sent.VersionId);
    expect(taken.ReplicationStatus).toBe("REPLICA");
  }
  const Tagging = { TagSet: [{ Key: "k", Value: "new + value" }] };
  await here.send(new PutObjectTaggingCommand({ Bucket: from, Key: "inline", Tagging }));
  await here.send(new DeleteObjectCommand({ Bucket: from, Key: KEY }));
  await here.send(new PutObjectCommand({ Bucket: from, Key: KEY, Body: "last" }));
  await becomes("COMPLETED", from, KEY);
  await becomes("COMPLETED", from, "inline");
  const [mine, theirs] = await Promise.all([
    versionsOf(here, from, KEY),
    versionsOf(there, to, KEY),
  ]);
  if (arn === LEDGE) expect(theirs).toEqual(mine);
  else expect(theirs).toHaveLength(mine.length);
});

test.for([
  ["another Ledge", LEDGE],
  ["any other server", OTHER],
] as const)(
  "what is late never lies on what is newer on %s",
  { timeout: 120_000 },
  async ([, arn]) => {
    const from = await replicated(arn);
    const Bucket = arn === LEDGE ? ledgeBucket : otherBucket;
    const Key = "late";
    const Resource = `arn:aws:s3:::${Bucket}/${Key}`;
    const Statement = [{ Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource }];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await there.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    const put = { Bucket: from, Key };
    const { VersionId } = await here.send(new PutObjectCommand({ ...put, Body: "first" }));
    await becomes("FAILED", from, Key);
    await there.send(new DeleteBucketPolicyCommand({ Bucket }));
    await here.send(new PutObjectCommand({ ...put, Body: "second" }));
    await becomes("COMPLETED", from, Key);
    const ledge = (method: string, path: string) =>
      rawSigner(near).fetch(`${near.endpoint}/_ledge/buckets/${from}/${path}`, {
        method,
        headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
      });
    expect((await ledge("POST", "replication/resync")).status).toBe(200);
    const first = async () =>
      (await here.send(new HeadObjectCommand({ ...put, VersionId }))).ReplicationStatus;
    const letters = async () =>
      (await (await ledge("GET", "dead-letters")).json<{ deadLetters: unknown[] }>()).deadLetters;
    await vi.waitFor(
      async () => {
        if (arn === LEDGE) expect(await first()).toBe("COMPLETED");
        else expect(await letters()).toHaveLength(2);
      },
      { timeout: 30_000, interval: 50 },
    );
    const { Body } = await there.send(new GetObjectCommand({ Bucket, Key }));
    expect(await Body?.transformToString()).toBe("second");
    const [mine, theirs] = await Promise.all([
      versionsOf(here, from, Key),
      versionsOf(there, Bucket, Key),
    ]);
    if (arn === LEDGE) expect(theirs).toEqual(mine);
    else expect([theirs.length, await first()]).toEqual([1, "FAILED"]);
  },
);

test(
  "a destination that is neither here nor declared is refused",
  { timeout: 60_000 },
  async () => {
    await expect(replicated("arn:aws:s3:::undeclared")).rejects.toThrow(
      "Destination bucket must have versioning enabled.",
    );
  },
);
