import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectAnnotationCommand,
  DeleteObjectCommand,
  GetObjectAnnotationCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectAnnotationsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectAnnotationCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { expectSdkError, uniqueBucket, uniqueName } from "./sdk.ts";
import {
  BLOB,
  bucketWith,
  expectObject,
  INLINE,
  PART,
  read,
  setVersions,
  TagSet,
  type Step,
} from "./steps.ts";

async function versionsOf(s3: S3Client, Bucket: string) {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket }),
  );
  return { versions: Versions, markers: DeleteMarkers };
}

/** What clients do with one object; each step makes buckets of its own. */
export const OBJECT_STEPS: readonly Step[] = [
  {
    name: "put, get, head, conditions",
    async run(s3) {
      const Bucket = await uniqueBucket(s3);
      for (const [Key, Body] of [
        ["inline", INLINE],
        ["blob", BLOB],
      ] as const) {
        const Metadata = { color: "blue" };
        const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata }));
        await expectObject(s3, Bucket, Key, Body);
        const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
        expect(head).toMatchObject({ ContentLength: Body.length, ETag, Metadata });
        const Range = "bytes=10-19";
        const part = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
        expect(await part.Body?.transformToByteArray()).toHaveLength(10);
        const once = s3.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: "*" }));
        await expectSdkError(once, 412, "PreconditionFailed");
        await s3.send(new PutObjectCommand({ Bucket, Key, Body, IfMatch: ETag }));
      }
      const none = s3.send(new GetObjectCommand({ Bucket, Key: "none" }));
      await expectSdkError(none, 404, "NoSuchKey");
    },
  },
  {
    name: "versions and delete markers",
    async run(s3) {
      const Bucket = await uniqueBucket(s3);
      const Key = "k";
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: "null" }));
      await setVersions(s3, Bucket, "Enabled");
      const first = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "first" }));
      const second = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "second" }));
      const deleted = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      expect(deleted.DeleteMarker).toBe(true);
      await expectSdkError(s3.send(new GetObjectCommand({ Bucket, Key })), 404, "NoSuchKey");
      expect(String(await read(s3, Bucket, Key, first.VersionId))).toBe("first");
      const { versions, markers } = await versionsOf(s3, Bucket);
      const ids = [second.VersionId, first.VersionId, "null"];
      expect(versions.map(({ VersionId }) => VersionId)).toEqual(ids);
      expect(markers.map(({ VersionId }) => VersionId)).toEqual([deleted.VersionId]);
      const { VersionId } = deleted;
      await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: second.VersionId }));
      expect(String(await read(s3, Bucket, Key))).toBe("first");
      await setVersions(s3, Bucket, "Suspended");
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: "last" }));
      expect(String(await read(s3, Bucket, Key, "null"))).toBe("last");
    },
  },
  {
    name: "multipart uploads",
    async run(s3) {
      const Bucket = await bucketWith(s3, ["source"], BLOB);
      const Key = "whole";
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const upload = { Bucket, Key, UploadId };
      const first = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: PART }));
      const CopySource = `${Bucket}/source`;
      const part = { ...upload, PartNumber: 2, CopySource, CopySourceRange: "bytes=0-999" };
      const second = await s3.send(new UploadPartCopyCommand(part));
      const { Parts: listed = [] } = await s3.send(new ListPartsCommand(upload));
      expect(listed.map(({ Size }) => Size)).toEqual([PART.length, 1000]);
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
      expect(Uploads).toMatchObject([{ Key, UploadId }]);
      const Parts = [first.ETag, second.CopyPartResult?.ETag].map((ETag, i) => ({
        PartNumber: i + 1,
        ETag,
      }));
      await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
      await expectObject(s3, Bucket, Key, Buffer.concat([PART, BLOB.subarray(0, 1000)]));
      const ObjectAttributes = ["ObjectParts" as const];
      const attributes = await s3.send(
        new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes }),
      );
      expect(attributes.ObjectParts?.TotalPartsCount).toBe(2);

      const other = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "other" }));
      const aborted = { Bucket, Key: "other", UploadId: other.UploadId };
      await s3.send(new AbortMultipartUploadCommand(aborted));
      await expectSdkError(s3.send(new ListPartsCommand(aborted)), 404, "NoSuchUpload");
    },
  },
  {
    name: "tags and annotations",
    async run(s3) {
      const Bucket = await bucketWith(s3, ["k"]);
      const Key = "k";
      await s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
      const tags = await s3.send(new GetObjectTaggingCommand({ Bucket, Key }));
      expect(tags.TagSet).toEqual(TagSet);

      const note = { Bucket, Key, AnnotationName: "note" };
      await s3.send(new PutObjectAnnotationCommand({ ...note, AnnotationPayload: "text" }));
      const { AnnotationPayload } = await s3.send(new GetObjectAnnotationCommand(note));
      expect(await AnnotationPayload?.transformToString()).toBe("text");
      await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/k` }));
      const copied = await s3.send(new ListObjectAnnotationsCommand({ Bucket, Key: "copy" }));
      expect(copied.AnnotationCount).toBe(1);
      await s3.send(new DeleteObjectAnnotationCommand(note));
      const left = await s3.send(new ListObjectAnnotationsCommand({ Bucket, Key }));
      expect(left.AnnotationCount).toBe(0);
    },
  },
  {
    name: "retention and legal hold",
    async run(s3) {
      const Bucket = uniqueName();
      await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
      const DefaultRetention = { Mode: "GOVERNANCE", Days: 1 } as const;
      const ObjectLockConfiguration = {
        ObjectLockEnabled: "Enabled" as const,
        Rule: { DefaultRetention },
      };
      await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
      const Key = "k";
      const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: INLINE }));
      const locked = await s3.send(new GetObjectRetentionCommand({ Bucket, Key }));
      expect(locked.Retention?.Mode).toBe("GOVERNANCE");
      const version = { Bucket, Key, VersionId };
      await expectSdkError(s3.send(new DeleteObjectCommand(version)), 403, "AccessDenied");
      const BypassGovernanceRetention = true;
      const freed = { ...version, Retention: {}, BypassGovernanceRetention };
      await s3.send(new PutObjectRetentionCommand(freed));
      const LegalHold = { Status: "ON" } as const;
      await s3.send(new PutObjectLegalHoldCommand({ Bucket, Key, LegalHold }));
      const held = await s3.send(new GetObjectLegalHoldCommand({ Bucket, Key }));
      expect(held.LegalHold).toEqual(LegalHold);
      await expectSdkError(s3.send(new DeleteObjectCommand(version)), 403, "AccessDenied");
    },
  },
  {
    name: "appends",
    async run(s3) {
      const Bucket = await uniqueBucket(s3);
      const Key = "k";
      const pieces = [INLINE, INLINE, BLOB, INLINE];
      let WriteOffsetBytes = 0;
      for (const Body of pieces) {
        const append = { Bucket, Key, Body, WriteOffsetBytes };
        const { Size } = await s3.send(new PutObjectCommand(append));
        WriteOffsetBytes += Body.length;
        expect(Size).toBe(WriteOffsetBytes);
      }
      await expectObject(s3, Bucket, Key, Buffer.concat(pieces));
    },
  },
];
