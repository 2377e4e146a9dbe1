import { bucketArn } from "../../protocol/bucket-name.ts";
import { regionOf } from "../../protocol/region.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `HEAD /{bucket}`: does the bucket exist, in which region, and under which ARN.
 *
 * Errors, by status only: NoSuchBucket.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
export const headBucket: BucketOperation = {
  name: "HeadBucket",
  scope: "bucket",
  access: onBucket("ListBucket"),
  handle: async ({ bucket }) =>
    emptyResponse(200, {
      "content-type": "application/xml",
      "x-amz-bucket-arn": bucketArn(bucket.name),
      "x-amz-bucket-region": regionOf(bucket.region),
      "x-amz-access-point-alias": "false",
    }),
};
