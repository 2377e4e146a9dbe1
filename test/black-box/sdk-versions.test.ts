import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { expect, inject, test } from "vitest";
import { expectSdkError, sdkClient, uniqueBucket, uniqueName } from "../support/sdk.ts";

const Key = "a key/ü";
const DAY_MS = 86_400_000;

const ledge = inject("ledge");
const s3 = sdkClient(ledge);

async function versionedBucket(): Promise<string> {
  const Bucket = await uniqueBucket(s3);
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  return Bucket;
}

async function lockedBucket(): Promise<string> {
  const Bucket = uniqueName();
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  return Bucket;
}

async function put(Bucket: string, Body: string | Buffer): Promise<string> {
  const { VersionId = "" } = await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  expect(VersionId).toMatch(/^\S{32}$/);
  return VersionId;
}

async function read(Bucket: string, VersionId?: string): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  return Body?.transformToString();
}

/** A date so many days from now, to the second. */
function inDays(days: number): Date {
  const timeMs = Date.now() + days * DAY_MS;
  return new Date(timeMs - (timeMs % 1000));
}

test("a bucket says whether it has versions", async () => {
  const Bucket = await uniqueBucket(s3);
  const status = async () => (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
  expect(await status()).toBeUndefined();
  for (const Status of ["Enabled", "Suspended"] as const) {
    const VersioningConfiguration = { Status };
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    expect(await status()).toBe(Status);
  }
});

test("each version is there by its id, behind a delete marker too, until it is deleted", async () => {
  const Bucket = await versionedBucket();
  const older = await put(Bucket, "older");
  const newer = await put(Bucket, "newer");
  expect(await read(Bucket)).toBe("newer");
  expect(await read(Bucket, older)).toBe("older");

  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
  await expectSdkError(read(Bucket), 404, "NoSuchKey");
  expect(await read(Bucket, newer)).toBe("newer");
  const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions).toMatchObject([
    { Key, VersionId: newer, IsLatest: false, Size: 5 },
    { Key, VersionId: older, IsLatest: false, Size: 5 },
  ]);
  expect(DeleteMarkers).toMatchObject([{ Key, VersionId: marker.VersionId, IsLatest: true }]);

  const { VersionId } = marker;
  const gone = await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  expect(gone).toMatchObject({ DeleteMarker: true, VersionId });
  expect(await read(Bucket)).toBe("newer");
  await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: newer }));
  expect(await read(Bucket)).toBe("older");
  await expectSdkError(read(Bucket, newer), 404, "NoSuchVersion");
});

test("tags are those of one version, and can be put, read, and deleted", async () => {
  const Bucket = await versionedBucket();
  const older = await put(Bucket, "older");
  const Tagging = "team=r%2Bd&env=test";
  const tagged = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "newer", Tagging }));
  const tagsOf = async (VersionId?: string) =>
    (await s3.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }))).TagSet;
  expect(await tagsOf()).toEqual([
    { Key: "env", Value: "test" },
    { Key: "team", Value: "r+d" },
  ]);
  expect(await tagsOf(older)).toEqual([]);
  const TagSet = [{ Key: "a @key", Value: "ü" }];
  const change = { Bucket, Key, VersionId: older, Tagging: { TagSet } };
  expect(await s3.send(new PutObjectTaggingCommand(change))).toMatchObject({ VersionId: older });
  expect(await tagsOf(older)).toEqual(TagSet);
  const { TagCount } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect(TagCount).toBe(2);
  const { VersionId } = tagged;
  await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key, VersionId }));
  expect(await tagsOf()).toEqual([]);
  expect(await tagsOf(older)).toEqual(TagSet);
});

test("a retained version cannot be deleted, but by who bypasses GOVERNANCE", async () => {
  const Bucket = await lockedBucket();
  const RetainUntilDate = inDays(1);
  const VersionId = await put(Bucket, "body");
  const Retention = { Mode: "GOVERNANCE", RetainUntilDate } as const;
  await s3.send(new PutObjectRetentionCommand({ Bucket, Key, VersionId, Retention }));
  const told = await s3.send(new GetObjectRetentionCommand({ Bucket, Key, VersionId }));
  expect(told.Retention).toEqual(Retention);
  const version = { Bucket, Key, VersionId };
  await expectSdkError(s3.send(new DeleteObjectCommand(version)), 403, "AccessDenied");
  expect(await read(Bucket)).toBe("body");
  const BypassGovernanceRetention = true;
  await s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention }));
  await expectSdkError(read(Bucket, VersionId), 404, "NoSuchVersion");
});

test("a bucket's default retention and an upload's own lock are told by HeadObject", async () => {
  const Bucket = await lockedBucket();
  const ObjectLockConfiguration = {
    ObjectLockEnabled: "Enabled",
    Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 2 } },
  } as const;
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
  const configured = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
  expect(configured.ObjectLockConfiguration).toEqual(ObjectLockConfiguration);

  const VersionId = await put(Bucket, "body");
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect(head).toMatchObject({ VersionId, ObjectLockMode: "GOVERNANCE" });
  const untilMs = head.ObjectLockRetainUntilDate?.getTime() ?? 0;
  expect(Math.abs(untilMs - (Date.now() + 2 * DAY_MS))).toBeLessThan(60_000);

  const lock = { ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: inDays(1) } as const;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "own", ...lock }));
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject(lock);
});

test("a legal hold forbids what retention does not", async () => {
  const Bucket = await lockedBucket();
  const VersionId = await put(Bucket, "body");
  const remove = () => s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  const hold = (Status: "ON" | "OFF") =>
    s3.send(new PutObjectLegalHoldCommand({ Bucket, Key, VersionId, LegalHold: { Status } }));
  await hold("ON");
  await expectSdkError(remove(), 403, "AccessDenied");
  await hold("OFF");
  await remove();
  await expectSdkError(read(Bucket, VersionId), 404, "NoSuchVersion");
});

test.for([100, 100_000])("%i bytes are appended where WriteOffsetBytes says", async (size) => {
  const Bucket = await uniqueBucket(s3);
  const pieces = [randomBytes(size), randomBytes(size), randomBytes(7)];
  let WriteOffsetBytes = 0;
  for (const Body of pieces) {
    const append = { Bucket, Key, Body, WriteOffsetBytes };
    const { Size } = await s3.send(new PutObjectCommand(append));
    WriteOffsetBytes += Body.length;
    expect(Size).toBe(WriteOffsetBytes);
  }
  // The SDK compares the checksum of the whole when it has read to the end.
  const { Body, ChecksumType } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect(ChecksumType).toBe("FULL_OBJECT");
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
  expect(bytes.equals(Buffer.concat(pieces))).toBe(true);

  const again = { Bucket, Key, Body: "again", WriteOffsetBytes: size };
  await expectSdkError(s3.send(new PutObjectCommand(again)), 400, "InvalidWriteOffset");
});

test("an append where there are versions makes one more, and the older one stays", async () => {
  const Bucket = await versionedBucket();
  const older = await put(Bucket, "line 1\n");
  const append = { Bucket, Key, Body: "line 2\n", WriteOffsetBytes: 7 };
  const { VersionId } = await s3.send(new PutObjectCommand(append));
  expect(VersionId).not.toBe(older);
  expect(await read(Bucket, VersionId)).toBe("line 1\nline 2\n");
  expect(await read(Bucket, older)).toBe("line 1\n");
});
