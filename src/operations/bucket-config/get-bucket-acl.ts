import { ownerOf } from "../../domain/bucket-owner.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";
import { ownerAcl } from "../owner-acl.ts";

/**
 * `GET /{bucket}?acl`: the ACL that every bucket is made with.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
 */
export const getBucketAcl: BucketOperation = {
  name: "GetBucketAcl",
  scope: "bucket",
  access: onBucket("GetBucketAcl"),
  handle: async ({ bucket, settings }) => ownerAcl(ownerOf(bucket, settings.account)),
};
