import { xmlResponse } from "../../protocol/respond.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `GET /{bucket}?location`: the bucket's LocationConstraint, empty for us-east-1.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
 */
export const getBucketLocation: BucketOperation = {
  name: "GetBucketLocation",
  scope: "bucket",
  access: onBucket("GetBucketLocation"),
  handle: async ({ bucket }) =>
    xmlResponse("LocationConstraint", bucket.region === "us-east-1" ? "" : bucket.region),
};
