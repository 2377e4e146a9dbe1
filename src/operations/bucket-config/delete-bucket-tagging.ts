import { configureBucket } from "../../domain/configure-bucket.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `DELETE /{bucket}?tagging`.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html
 */
export const deleteBucketTagging: BucketOperation = {
  name: "DeleteBucketTagging",
  scope: "bucket",
  async handle(context) {
    await configureBucket(context, context.bucket, (before) => ({ ...before, tags: [] }));
    return emptyResponse(204);
  },
};
