import type { BucketConfiguration } from "../protocol/bucket-configuration.ts";
import { S3Error } from "../protocol/errors.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import type { Ports } from "./ports.ts";

/** How often another writer of the same configuration may come first until this one gives up. */
const MAX_ATTEMPTS = 10;

/**
 * Changes a bucket's configuration: in the Directory first, which says which of two changes was the later, then in every
 * shard. When this returns, every request is decided under it, whatever gateways remember. When it dies half-way, the
 * shards that were not told are told by the first request that comes with the new revision.
 *
 * @param change may be called several times; what it throws is thrown
 * @throws S3Error NoSuchBucket, OperationAborted (too many others change it)
 */
export async function configureBucket(
  { directory, buckets, indexOf }: Pick<Ports, "directory" | "buckets" | "indexOf">,
  bucket: BucketRecord,
  change: (configuration: BucketConfiguration) => BucketConfiguration,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const current = await directory.find(bucket.name);
    if (current?.id !== bucket.id)
      throw new S3Error("NoSuchBucket", { fields: { BucketName: bucket.name } });
    const updated = await directory.configure(
      bucket.id,
      current.revision,
      change(current.configuration),
    );
    if (updated === undefined) continue;
    await indexOf(updated).configure();
    buckets.update(updated);
    return;
  }
  throw new S3Error("OperationAborted");
}
