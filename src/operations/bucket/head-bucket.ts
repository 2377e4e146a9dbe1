import { emptyResponse } from "../../protocol/respond.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `HEAD /{bucket}`: does the bucket exist, and in which region.
 *
 * Errors, by status only: NoSuchBucket.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
export const headBucket: BucketOperation = {
  name: "HeadBucket",
  scope: "bucket",
  handle: async ({ bucket }) =>
    emptyResponse(200, {
      "x-amz-bucket-region": bucket.region,
      "x-amz-access-point-alias": "false",
    }),
};
