import {
  CopyObjectCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
  RenameObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { expectSdkError } from "./sdk.ts";
import {
  BLOB,
  bucketWith,
  expectObject,
  INLINE,
  KEYS,
  setVersions,
  TagSet,
  type Step,
} from "./steps.ts";

/** What clients do with many objects, and with buckets; each step makes its own. */
export const BUCKET_STEPS: readonly Step[] = [
  {
    name: "listings of objects",
    async run(s3) {
      const Bucket = await bucketWith(s3, KEYS);
      const seen: (string | undefined)[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = { Bucket, MaxKeys: 4, ContinuationToken };
        const answer = await s3.send(new ListObjectsV2Command(page));
        seen.push(...(answer.Contents ?? []).map(({ Key }) => Key));
        ContinuationToken = answer.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      expect(seen).toEqual(KEYS.toSorted());
      const folded = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: "/" }));
      expect(folded.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["0/", "1/", "2/"]);
    },
  },
  {
    name: "copies in the bucket and to another",
    async run(s3) {
      const Bucket = await bucketWith(s3, ["blob"], BLOB);
      const other = await bucketWith(s3, ["inline"]);
      const CopySource = `${Bucket}/blob`;
      const targets = [Bucket, other].flatMap((Bucket) => KEYS.map((Key) => ({ Bucket, Key })));
      await Promise.all(
        targets.map((target) => s3.send(new CopyObjectCommand({ ...target, CopySource }))),
      );
      const inline = { Bucket, Key: "inline", CopySource: `${other}/inline` };
      await s3.send(new CopyObjectCommand(inline));
      await s3.send(new DeleteObjectCommand({ Bucket, Key: "blob" }));
      await Promise.all(targets.map(({ Bucket, Key }) => expectObject(s3, Bucket, Key, BLOB)));
      await expectObject(s3, Bucket, "inline", INLINE);
    },
  },
  {
    name: "renames, in a shard and from one to another",
    async run(s3) {
      const Bucket = await bucketWith(s3, KEYS, BLOB);
      await Promise.all(
        KEYS.map((name) => {
          const RenameSource = encodeURIComponent(name);
          const Key = `${name}-renamed`;
          return s3.send(new RenameObjectCommand({ Bucket, Key, RenameSource }));
        }),
      );
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      const renamed = KEYS.map((name) => `${name}-renamed`);
      expect(Contents.map(({ Key }) => Key)).toEqual(renamed.toSorted());
      await expectObject(s3, Bucket, "0/0-renamed", BLOB);
    },
  },
  {
    name: "deletes of many, and of the bucket",
    async run(s3) {
      const Bucket = await bucketWith(s3, KEYS);
      const full = s3.send(new DeleteBucketCommand({ Bucket }));
      await expectSdkError(full, 409, "BucketNotEmpty");
      const Delete = { Objects: [...KEYS, "none"].map((Key) => ({ Key })) };
      const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
      expect([Deleted?.length, Errors]).toEqual([KEYS.length + 1, undefined]);
      await s3.send(new DeleteBucketCommand({ Bucket }));
      await expectSdkError(s3.send(new HeadBucketCommand({ Bucket })), 404, "NotFound");
      const late = s3.send(new PutObjectCommand({ Bucket, Key: "late", Body: INLINE }));
      await expectSdkError(late, 404, "NoSuchBucket");
    },
  },
  {
    name: "a bucket's configuration",
    async run(s3) {
      const Bucket = await bucketWith(s3, KEYS);
      await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
      const tags = await s3.send(new GetBucketTaggingCommand({ Bucket }));
      expect(tags.TagSet).toEqual(TagSet);
      await setVersions(s3, Bucket, "Enabled");
      const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
      expect(Status).toBe("Enabled");
      const puts = KEYS.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: INLINE })));
      for (const { VersionId } of await Promise.all(puts)) expect(VersionId).toMatch(/^\S{32}$/);
      const { Buckets = [] } = await s3.send(new ListBucketsCommand());
      expect(Buckets.map(({ Name }) => Name)).toContain(Bucket);
    },
  },
];
