import {
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { uniqueBucket } from "./sdk.ts";

/** What uses one kind of call of a shard, or a few, and expects them to do what they say. */
export interface Step {
  readonly name: string;
  readonly run: (s3: S3Client) => Promise<void>;
}

export const INLINE = Buffer.alloc(1000, "inline");
export const BLOB = Buffer.alloc(100_000, "blob");
export const PART = Buffer.alloc(5 * 1024 * 1024, "part");
/** Enough of them for keys in every shard. */
export const KEYS = Array.from({ length: 9 }, (_, i) => `${i % 3}/${i}`);
export const TagSet = [{ Key: "tag", Value: "value" }];

export async function read(s3: S3Client, Bucket: string, Key: string, VersionId?: string) {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

export async function expectObject(s3: S3Client, Bucket: string, Key: string, body: Buffer) {
  expect((await read(s3, Bucket, Key)).equals(body), Key).toBe(true);
}

export async function bucketWith(
  s3: S3Client,
  keys: readonly string[],
  Body = INLINE,
): Promise<string> {
  const Bucket = await uniqueBucket(s3);
  await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body }))));
  return Bucket;
}

export async function setVersions(s3: S3Client, Bucket: string, Status: "Enabled" | "Suspended") {
  const VersioningConfiguration = { Status };
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
}
