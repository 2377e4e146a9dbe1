import { deleteBucketIfEmpty } from "../../domain/delete-bucket.ts";
import { S3Error } from "../../protocol/errors.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `DELETE /{bucket}`: deletes a bucket that holds no object in any shard.
 *
 * Errors: NoSuchBucket, BucketNotEmpty, OperationAborted (another delete, or a growth, is under way).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
 */
export const deleteBucket: BucketOperation = {
  name: "DeleteBucket",
  scope: "bucket",
  access: onBucket("DeleteBucket"),
  async handle({ bucket, index, directory, buckets }) {
    await deleteBucketIfEmpty(directory, bucket, index).catch(async (error: unknown) => {
      // The bucket may have grown since it was looked up: so that the same request once more is about what it is now.
      if (error instanceof S3Error && error.code === "OperationAborted")
        await buckets.refresh(bucket.name);
      throw error;
    });
    await buckets.forget(bucket.name);
    return emptyResponse(204);
  },
};
