import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  type FarServer,
  type FarServerName,
  farServer,
  isInstalled,
} from "../support/far-server.ts";
import { IS_CAMPAIGN } from "../support/campaign.ts";
import { type LedgeProcess, type Server, startLedge } from "../support/ledge-process.ts";
import { rawSigner, sdkClient, uniqueName } from "../support/sdk.ts";

/** They take seconds each: a second Ledge as the far side is tried by each `npm test` (serve-replication.test.ts). */
const FAR_SIDES: readonly FarServerName[] = ["minio", "versitygw", "moto"];
const tried = IS_CAMPAIGN ? FAR_SIDES.filter(isInstalled) : [];
for (const name of FAR_SIDES)
  if (IS_CAMPAIGN && !tried.includes(name))
    console.log(`${name} is not installed: it is no far side`);

const MIB = 1024 * 1024;
const PART_BYTES = 5 * MIB;
const TIMEOUT = { timeout: 180_000 };
const YEAR_MS = 365 * 86_400_000;

let near: LedgeProcess;
let here: S3Client;

async function putTarget(id: string, described: object): Promise<string> {
  const url = `${near.endpoint}/_ledge/replication-targets/${id}`;
  const body = JSON.stringify(described);
  const answer = await rawSigner(near).fetch(url, { method: "PUT", body });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return (await answer.json<{ arn: string }>()).arn;
}

async function versioned(s3: S3Client, hasLock = false): Promise<string> {
  const Bucket = uniqueName();
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: hasLock }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  return Bucket;
}

async function replicated(arn: string, hasLock = false): Promise<string> {
  const Bucket = await versioned(here, hasLock);
  const ReplicationConfiguration = {
    Role: "arn:aws:iam::123456789012:role/anything",
    Rules: [
      {
        Priority: 1,
        Status: "Enabled",
        Filter: {},
        Destination: { Bucket: arn },
        DeleteMarkerReplication: { Status: "Enabled" },
      } as const,
    ],
  };
  await here.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
  return Bucket;
}

async function expectStatus(status: string, Bucket: string, Key: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { ReplicationStatus } = await here.send(new HeadObjectCommand({ Bucket, Key }));
      expect(ReplicationStatus, Key).toBe(status);
    },
    { timeout: 90_000, interval: 50 },
  );
}

async function putParts(Bucket: string, Key: string, sizes: readonly number[]): Promise<void> {
  const { UploadId } = await here.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const Parts = [];
  for (const [i, size] of sizes.entries()) {
    const part = { Bucket, Key, UploadId, PartNumber: i + 1, Body: Buffer.alloc(size, 65 + i) };
    const { ETag } = await here.send(new UploadPartCommand(part));
    Parts.push({ ETag, PartNumber: i + 1 });
  }
  const completion = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
  await here.send(new CompleteMultipartUploadCommand(completion));
}

async function digestOf(s3: S3Client, Bucket: string, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return createHash("sha256")
    .update((await Body?.transformToByteArray()) ?? "")
    .digest("hex");
}

const SERVERS: readonly Server[] = ["ledge serve", "ledge serve on workerd"];
const PAIRS = SERVERS.flatMap((server) => FAR_SIDES.map((name) => ({ server, name })));

for (const { server, name } of PAIRS)
  describe.skipIf(!tried.includes(name))(`${server}: ${name}`, () => {
    let far: FarServer;
    let there: S3Client;
    let to: string;
    let from: string;
    let described: object;

    beforeAll(async () => {
      near = await startLedge({ server, variables: { OUTBOX_PROBE_SECONDS: "1" } });
      here = sdkClient(near);
      far = await farServer(name);
      there = sdkClient(far, { requestChecksumCalculation: "WHEN_REQUIRED" });
      to = await versioned(there);
      // The SDK has put members of its own into them.
      const { accessKeyId, secretAccessKey } = far.credentials;
      described = { endpoint: far.endpoint, bucket: to, accessKeyId, secretAccessKey };
      from = await replicated(await putTarget(name, described));
    }, 120_000);
    afterAll(async () => {
      await Promise.all([near?.stop(), far?.stop()]);
    });

    test("gets objects with their bytes, ETags, metadata, and tags", TIMEOUT, async () => {
      const Metadata = { a: "b", umlaut: "=?UTF-8?Q?=C3=BC?=" };
      const keys: [string, Buffer][] = [
        ["empty", Buffer.alloc(0)],
        ["inline", Buffer.from("small")],
        ["dir/a b+ü%.txt", Buffer.alloc(300_000, "x")],
        ["astral/\u{1F600}", Buffer.from("x")],
        ["big", Buffer.alloc(64 * MIB, "y")],
      ];
      for (const [Key, Body] of keys) {
        const object = {
          ContentType: "text/x-note",
          CacheControl: "no-cache",
          Metadata,
          Tagging: "k=v%2Bw",
        };
        await here.send(new PutObjectCommand({ Bucket: from, Key, Body, ...object }));
      }
      await putParts(from, "parts", [PART_BYTES + 1, PART_BYTES, 17]);
      await putParts(from, "large", [32 * MIB, 32 * MIB]);
      for (const Key of [...keys.map(([key]) => key), "parts", "large"]) {
        await expectStatus("COMPLETED", from, Key);
        const [sent, taken] = await Promise.all([
          here.send(new HeadObjectCommand({ Bucket: from, Key })),
          there.send(new HeadObjectCommand({ Bucket: to, Key })),
        ]);
        expect(taken.ETag, Key).toBe(sent.ETag);
        expect(taken.ContentType).toBe(sent.ContentType);
        expect(taken.CacheControl).toBe(sent.CacheControl);
        expect(taken.Metadata?.["a"]).toBe(sent.Metadata?.["a"]);
        expect(await digestOf(there, to, Key)).toBe(await digestOf(here, from, Key));
      }
      const { TagSet } = await there.send(
        new GetObjectTaggingCommand({ Bucket: to, Key: "inline" }),
      );
      expect(TagSet).toEqual([{ Key: "k", Value: "v+w" }]);
    });

    test("gets versions, delete markers, and new tags in their order", TIMEOUT, async () => {
      const Key = "versions";
      for (const Body of ["1", "2", "3"])
        await here.send(new PutObjectCommand({ Bucket: from, Key, Body }));
      await expectStatus("COMPLETED", from, Key);
      const Tagging = { TagSet: [{ Key: "now", Value: "a + b" }] };
      await here.send(new PutObjectTaggingCommand({ Bucket: from, Key, Tagging }));
      await expectStatus("COMPLETED", from, Key);
      const tags = await there.send(new GetObjectTaggingCommand({ Bucket: to, Key }));
      expect(tags.TagSet).toEqual(Tagging.TagSet);
      await here.send(new DeleteObjectCommand({ Bucket: from, Key }));
      await here.send(new PutObjectCommand({ Bucket: from, Key: "after", Body: "x" }));
      await expectStatus("COMPLETED", from, "after");
      await vi.waitFor(
        async () => {
          const page = await there.send(new ListObjectVersionsCommand({ Bucket: to, Prefix: Key }));
          expect([page.Versions?.length, page.DeleteMarkers?.length]).toEqual([3, 1]);
          expect(page.DeleteMarkers?.[0]?.IsLatest).toBe(true);
        },
        { timeout: 30_000, interval: 100 },
      );
    });

    test("keeps locks, where its bucket has Object Lock", TIMEOUT, async () => {
      const locked = await versioned(there, true);
      const arn = await putTarget(`${name}-locked`, { ...described, bucket: locked });
      const [withLock, plain] = [
        await replicated(arn, true),
        await replicated(await putTarget(name, described), true),
      ];
      const lock = {
        ObjectLockMode: "GOVERNANCE",
        ObjectLockRetainUntilDate: new Date(Math.floor(Date.now() / 1000) * 1000 + YEAR_MS),
        ObjectLockLegalHoldStatus: "ON",
      } as const;
      for (const Bucket of [withLock, plain])
        await here.send(new PutObjectCommand({ Bucket, Key: "locked", Body: "x", ...lock }));
      await expectStatus("COMPLETED", withLock, "locked");
      await expectStatus("COMPLETED", plain, "locked");
      const head = () => there.send(new HeadObjectCommand({ Bucket: locked, Key: "locked" }));
      expect(await head()).toMatchObject(lock);
      const LegalHold = { Status: "OFF" } as const;
      await here.send(
        new PutObjectLegalHoldCommand({ Bucket: withLock, Key: "locked", LegalHold }),
      );
      await expectStatus("COMPLETED", withLock, "locked");
      const { ObjectLockLegalHoldStatus: hold, ObjectLockMode: mode } = await head();
      expect([hold ?? "OFF", mode]).toEqual(["OFF", "GOVERNANCE"]);
    });

    test("that is killed, and comes again, gets everything", TIMEOUT, async () => {
      await far.kill();
      for (let i = 0; i < 20; i += 1)
        await here.send(new PutObjectCommand({ Bucket: from, Key: `late/${i}`, Body: String(i) }));
      const { ReplicationStatus } = await here.send(
        new HeadObjectCommand({ Bucket: from, Key: "late/0" }),
      );
      expect(ReplicationStatus).toBe("PENDING");
      await far.start();
      if (name === "moto") {
        // It keeps nothing.
        await there.send(new CreateBucketCommand({ Bucket: to }));
        const VersioningConfiguration = { Status: "Enabled" } as const;
        await there.send(new PutBucketVersioningCommand({ Bucket: to, VersioningConfiguration }));
      }
      for (let i = 0; i < 20; i += 1) await expectStatus("COMPLETED", from, `late/${i}`);
      expect(await digestOf(there, to, "late/19")).toBe(await digestOf(here, from, "late/19"));
    });

    test.skipIf(name === "moto")(
      "takes nothing with a wrong key, and what has waited with the right one",
      TIMEOUT,
      async () => {
        const wrong = await putTarget(`${name}-wrong`, { ...described, secretAccessKey: "wrong" });
        const Bucket = await replicated(wrong);
        await here.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
        await new Promise((resolve) => void setTimeout(resolve, 500));
        await expectStatus("PENDING", Bucket, "k");
        await putTarget(`${name}-wrong`, described);
        await expectStatus("COMPLETED", Bucket, "k");
      },
    );
  });
