import { deleteBucketIfEmpty } from "../../domain/delete-bucket.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `DELETE /{bucket}`: deletes a bucket that holds no object in any shard.
 *
 * Errors: NoSuchBucket, BucketNotEmpty, OperationAborted.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
 */
export const deleteBucket: BucketOperation = {
  name: "DeleteBucket",
  scope: "bucket",
  access: onBucket("DeleteBucket"),
  async handle({ bucket, index, directory, buckets }) {
    await deleteBucketIfEmpty(directory, bucket, index);
    await buckets.forget(bucket.name);
    return emptyResponse(204);
  },
};
