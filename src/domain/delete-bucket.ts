import { log } from "../lib/log.ts";
import { S3Error } from "../protocol/errors.ts";
import type { BucketDirectory, BucketRecord } from "../storage/ports/bucket-directory.ts";
import type { BucketIndex } from "../storage/ports/bucket-index.ts";

/**
 * Deletes a bucket if every shard of it is empty, as one effect: each shard is sealed while it is empty, so nothing
 * can be written between the look at the first and the look at the last; only then does the name go.
 *
 * When this dies half-way, sealed shards ask the Directory, which takes the token away and lets them be unsealed.
 * @throws S3Error BucketNotEmpty, OperationAborted (another delete of the same bucket is under way)
 */
export async function deleteBucketIfEmpty(
  directory: BucketDirectory,
  bucket: BucketRecord,
  index: BucketIndex,
): Promise<void> {
  const token = await directory.beginDelete(bucket.id, bucket.shardCount);
  if (token === undefined) throw new S3Error("OperationAborted");
  let isDeleted = false;
  try {
    if (!(await index.sealIfEmpty(token))) throw notEmpty(bucket);
    isDeleted = await directory.finishDelete(bucket.id, token);
    if (!isDeleted) throw new S3Error("OperationAborted");
  } finally {
    if (!isDeleted) await undo(directory, bucket, index, token);
  }
}

function notEmpty({ name, shard }: BucketRecord): S3Error {
  const message =
    "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
  return new S3Error("BucketNotEmpty", {
    ...(shard.flags.versioning !== undefined && { message }),
    fields: { BucketName: name },
  });
}

/** In this order: once the token is gone, `finishDelete` cannot succeed, and the shards may open again. */
async function undo(
  directory: BucketDirectory,
  bucket: BucketRecord,
  index: BucketIndex,
  token: string,
): Promise<void> {
  try {
    await directory.cancelDelete(bucket.id, token);
    await index.unseal(token);
  } catch (error) {
    log("warn", "unseal failed", { bucket: bucket.id, error: String(error) });
  }
}
