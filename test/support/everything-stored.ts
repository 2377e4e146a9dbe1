import { createHash } from "node:crypto";
import {
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectTaggingCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

/** All that a server answers of what it keeps, as JSON has it; of each body its SHA-256. */
export async function everythingStored(s3: S3Client): Promise<unknown> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const buckets: object[] = [];
  for (const bucket of Buckets) {
    const Bucket = bucket.Name ?? "";
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket }));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    const objects: object[] = [];
    for (const listed of Contents) {
      const get = new GetObjectCommand({ Bucket, Key: listed.Key, ChecksumMode: "ENABLED" });
      const { Body, $metadata: _, ...got } = await s3.send(get);
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      objects.push({ listed, got, sha256 });
    }
    const versions = await versionsStored(s3, Bucket);
    const uploads = await uploadsStored(s3, Bucket);
    const documents = await documentsStored(s3, Bucket);
    const location = LocationConstraint;
    buckets.push({ bucket, location, objects, ...versions, ...uploads, documents });
  }
  return JSON.parse(JSON.stringify(buckets));
}

/** Nothing of a bucket that never had versions. */
async function versionsStored(s3: S3Client, Bucket: string): Promise<object> {
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
  if (Status === undefined) return {};
  const { Versions = [], DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  const versions: object[] = [];
  for (const listed of Versions) {
    const { Key, VersionId } = listed;
    const {
      Body,
      $metadata: _,
      ...got
    } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
    const attributes = await s3.send(
      new GetObjectAttributesCommand({ Bucket, Key, VersionId, ObjectAttributes: ["ObjectParts"] }),
    );
    versions.push({
      listed,
      got,
      body: await Body?.transformToString(),
      tags: TagSet,
      parts: attributes.ObjectParts,
    });
  }
  const bucketTags = await orErrorsName(
    s3.send(new GetBucketTaggingCommand({ Bucket })).then(({ TagSet }) => TagSet),
  );
  const lock = await orErrorsName(
    s3
      .send(new GetObjectLockConfigurationCommand({ Bucket }))
      .then(({ ObjectLockConfiguration }) => ObjectLockConfiguration),
  );
  return { versioning: Status, bucketTags, lock, versions, markers: DeleteMarkers };
}

/** Nothing of a bucket without uploads under way. */
async function uploadsStored(s3: S3Client, Bucket: string): Promise<object> {
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  if (Uploads === undefined) return {};
  const parts: unknown[] = [];
  for (const { Key, UploadId } of Uploads)
    parts.push((await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }))).Parts);
  return { uploads: Uploads, parts };
}

/** Of each kind of document that the bucket has none of, the error's code. */
async function documentsStored(s3: S3Client, Bucket: string): Promise<unknown[]> {
  return Promise.all(
    [
      s3.send(new GetBucketAclCommand({ Bucket })),
      s3.send(new GetBucketCorsCommand({ Bucket })),
      s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
      s3.send(new GetBucketPolicyCommand({ Bucket })),
      s3.send(new GetBucketReplicationCommand({ Bucket })),
    ].map((asked: Promise<MetadataBearer>) =>
      orErrorsName(asked.then((answer) => ({ ...answer, $metadata: undefined }))),
    ),
  );
}

interface MetadataBearer {
  readonly $metadata: unknown;
}

async function orErrorsName(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof S3ServiceException) return error.name;
    throw error;
  }
}
