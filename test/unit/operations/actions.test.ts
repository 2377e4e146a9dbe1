import { expect, test } from "vitest";
import { ROUTES } from "../../../src/operations/registry.ts";
import type { S3Request } from "../../../src/protocol/s3-request.ts";

/**
 * The actions of operations that have another name, as AWS lists them.
 *
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html, and of each operation its page
 * of the API reference, under "Permissions"
 */
const ACTIONS: Readonly<Record<string, string>> = {
  CompleteMultipartUpload: "PutObject",
  CopyObject: "PutObject",
  CreateMultipartUpload: "PutObject",
  DeleteBucketAnalyticsConfiguration: "PutAnalyticsConfiguration",
  DeleteBucketCors: "PutBucketCORS",
  DeleteBucketEncryption: "PutEncryptionConfiguration",
  DeleteBucketIntelligentTieringConfiguration: "PutIntelligentTieringConfiguration",
  DeleteBucketInventoryConfiguration: "PutInventoryConfiguration",
  DeleteBucketLifecycle: "PutLifecycleConfiguration",
  DeleteBucketMetricsConfiguration: "PutMetricsConfiguration",
  DeleteBucketOwnershipControls: "PutBucketOwnershipControls",
  DeleteBucketReplication: "PutReplicationConfiguration",
  DeleteBucketTagging: "PutBucketTagging",
  DeleteObjects: "DeleteObject",
  DeletePublicAccessBlock: "PutBucketPublicAccessBlock",
  GetBucketAccelerateConfiguration: "GetAccelerateConfiguration",
  GetBucketAnalyticsConfiguration: "GetAnalyticsConfiguration",
  GetBucketCors: "GetBucketCORS",
  GetBucketEncryption: "GetEncryptionConfiguration",
  GetBucketIntelligentTieringConfiguration: "GetIntelligentTieringConfiguration",
  GetBucketInventoryConfiguration: "GetInventoryConfiguration",
  GetBucketLifecycleConfiguration: "GetLifecycleConfiguration",
  GetBucketMetadataConfiguration: "GetBucketMetadataTableConfiguration",
  GetBucketMetricsConfiguration: "GetMetricsConfiguration",
  GetBucketNotificationConfiguration: "GetBucketNotification",
  GetBucketReplication: "GetReplicationConfiguration",
  GetObjectAttributes: "GetObject, GetObjectAttributes",
  GetObjectLockConfiguration: "GetBucketObjectLockConfiguration",
  GetPublicAccessBlock: "GetBucketPublicAccessBlock",
  HeadBucket: "ListBucket",
  HeadObject: "GetObject",
  ListBucketAnalyticsConfigurations: "GetAnalyticsConfiguration",
  ListBucketIntelligentTieringConfigurations: "GetIntelligentTieringConfiguration",
  ListBucketInventoryConfigurations: "GetInventoryConfiguration",
  ListBucketMetricsConfigurations: "GetMetricsConfiguration",
  ListBuckets: "ListAllMyBuckets",
  // MinIO's.
  ListenBucketNotification: "GetBucketNotification, ListBucket",
  ListMultipartUploads: "ListBucketMultipartUploads",
  ListObjects: "ListBucket",
  ListObjectsV2: "ListBucket",
  ListObjectVersions: "ListBucketVersions",
  ListParts: "ListMultipartUploadParts",
  PostObject: "PutObject",
  PutBucketAccelerateConfiguration: "PutAccelerateConfiguration",
  PutBucketAnalyticsConfiguration: "PutAnalyticsConfiguration",
  PutBucketCors: "PutBucketCORS",
  PutBucketEncryption: "PutEncryptionConfiguration",
  PutBucketIntelligentTieringConfiguration: "PutIntelligentTieringConfiguration",
  PutBucketInventoryConfiguration: "PutInventoryConfiguration",
  PutBucketLifecycleConfiguration: "PutLifecycleConfiguration",
  PutBucketMetricsConfiguration: "PutMetricsConfiguration",
  PutBucketNotificationConfiguration: "PutBucketNotification",
  PutBucketReplication: "PutReplicationConfiguration",
  PutObjectLockConfiguration: "PutBucketObjectLockConfiguration",
  PutPublicAccessBlock: "PutBucketPublicAccessBlock",
  RenameObject: "PutObject",
  UploadPart: "PutObject",
  UploadPartCopy: "PutObject",
};

/** The same for a version that is asked for by its id. */
const OF_VERSIONS: Readonly<Record<string, string>> = {
  DeleteObject: "DeleteObjectVersion",
  DeleteObjectAnnotation: "DeleteObjectVersionAnnotation",
  DeleteObjectTagging: "DeleteObjectVersionTagging",
  GetObject: "GetObjectVersion",
  GetObjectAcl: "GetObjectVersionAcl",
  GetObjectAnnotation: "GetObjectVersionAnnotation",
  GetObjectAttributes: "GetObjectVersion, GetObjectVersionAttributes",
  GetObjectTagging: "GetObjectVersionTagging",
  HeadObject: "GetObjectVersion",
  ListObjectAnnotations: "ListObjectVersionAnnotations",
  PutObjectAcl: "PutObjectVersionAcl",
  PutObjectAnnotation: "PutObjectVersionAnnotation",
  PutObjectTagging: "PutObjectVersionTagging",
};

function actionsOf(operation: (typeof ROUTES)[string], query: Record<string, string>): string {
  const request = { headers: new Headers(), query: new URLSearchParams(query) };
  const checks = operation?.access(request as S3Request) ?? [];
  return checks.map(({ action }) => action.replace("s3:", "")).join(", ");
}

test.for(Object.values(ROUTES))("$name takes the actions that AWS names", (operation) => {
  const { name } = operation;
  const current = ACTIONS[name] ?? name;
  expect(actionsOf(operation, {})).toBe(current);
  expect(actionsOf(operation, { versionId: "v" })).toBe(OF_VERSIONS[name] ?? current);
});
