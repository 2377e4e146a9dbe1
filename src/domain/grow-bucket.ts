import { S3Error } from "../protocol/errors.ts";
import type { BucketRecord, GrowthOutcome } from "../storage/ports/bucket-directory.ts";
import type { ShardMove } from "../storage/ports/bucket-index.ts";
import { noSuchBucket } from "./bucket-owner.ts";
import type { Ports } from "./ports.ts";

type Stores = Pick<Ports, "audit" | "buckets" | "directory" | "indexOf">;

export interface GrowthProgress {
  readonly bucket: BucketRecord;
  /** Of the shards that give keys away; empty: the bucket does not grow. */
  readonly moves: readonly ShardMove[];
}

/**
 * Gives a bucket more shards: the Directory says so first, then all shards are told, and those that have keys to give away do so by
 * themselves. When this dies half-way, the first request that calls a shard tells it, and so does the same wish once more.
 *
 * @param to a power of two
 * @throws S3Error NoSuchBucket, InvalidRequest (it has more), OperationAborted (it grows to another number, or is being deleted, or restored)
 */
export async function growBucket(
  stores: Stores,
  name: string,
  to: number,
): Promise<GrowthProgress> {
  const { directory } = stores;
  const found = await directory.find(name);
  const outcome = found && (await directory.beginGrowth(found.id, to, stores.audit));
  if (outcome === undefined) throw noSuchBucket(name);
  if (!outcome.ok) throw refusal(outcome.reason);
  const { bucket, shardPart } = outcome;
  stores.buckets.update(bucket);
  if (bucket.growth?.to !== undefined) await stores.indexOf(bucket).configure(shardPart);
  return progressOf(stores, bucket);
}

/** How far it is. A shard that has not been told is told. @throws S3Error NoSuchBucket */
export async function growthProgress(stores: Stores, name: string): Promise<GrowthProgress> {
  const bucket = await stores.directory.find(name);
  if (bucket === undefined) throw noSuchBucket(name);
  stores.buckets.update(bucket);
  const progress = await progressOf(stores, bucket);
  if (progress.moves.every(({ movedKeys }) => movedKeys !== undefined)) return progress;
  await stores.indexOf(bucket).configure(await stores.directory.readShardPart(bucket.id));
  return progressOf(stores, bucket);
}

async function progressOf({ indexOf }: Stores, bucket: BucketRecord): Promise<GrowthProgress> {
  const moves = bucket.growth?.to === undefined ? [] : await indexOf(bucket).moves();
  return { bucket, moves };
}

type Refusal = Extract<GrowthOutcome, { readonly ok: false }>["reason"];

const MESSAGES: Readonly<Record<Exclude<Refusal, "Fewer">, string>> = {
  Deleting: "The bucket is being deleted.",
  Growing: "The bucket is growing to another number of shards. Wait until it has them.",
  Restoring: "The bucket is being restored from a backup.",
};

function refusal(reason: Refusal): S3Error {
  if (reason === "Fewer")
    return new S3Error("InvalidRequest", { message: "A bucket does not get fewer shards." });
  return new S3Error("OperationAborted", { message: MESSAGES[reason] });
}
