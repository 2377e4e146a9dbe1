import type { ShardFlags } from "../protocol/bucket-configuration.ts";
import { S3Error } from "../protocol/errors.ts";
import type { BucketPorts } from "./ports.ts";

/** A bucket as it is remembered, and whom to ask how it is now. */
export type RememberedBucket = Pick<BucketPorts, "bucket" | "buckets">;

/**
 * Checks that the bucket has Object Lock. It cannot be taken from a bucket, so that a remembered record can only be wrong by
 * not knowing of it yet: the Directory is asked before anything is refused.
 *
 * @throws S3Error InvalidRequest
 */
export async function requireObjectLock(remembered: RememberedBucket): Promise<void> {
  if (remembered.bucket.shard.flags.hasLock === true) return;
  const { hasLock } = await currentFlags(remembered);
  if (hasLock !== true)
    throw new S3Error("InvalidRequest", { message: "Bucket is missing Object Lock Configuration" });
}

/** @throws StaleBucketError when the bucket is gone */
export async function currentFlags({ bucket, buckets }: RememberedBucket): Promise<ShardFlags> {
  return (await buckets.current(bucket)).shard.flags;
}
