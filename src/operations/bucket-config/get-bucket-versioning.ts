import { xmlResponse } from "../../protocol/respond.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `GET /{bucket}?versioning`: Enabled or Suspended; nothing while it was never put.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
 */
export const getBucketVersioning: BucketOperation = {
  name: "GetBucketVersioning",
  scope: "bucket",
  handle: async ({ bucket }) =>
    xmlResponse("VersioningConfiguration", [["Status", bucket.configuration.versioning]]),
};
