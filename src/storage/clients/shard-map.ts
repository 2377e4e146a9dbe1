import { compareUtf8 } from "../../lib/utf8-order.ts";
import type { BucketRecord } from "../ports/bucket-directory.ts";
import { shardOfKey } from "../wire/slots.ts";

type ShardMap = Pick<BucketRecord, "growth" | "shardCount">;

/** How many shards a bucket has, those included that it is growing to. */
export function allShards({ shardCount, growth }: ShardMap): number {
  return growth?.to ?? shardCount;
}

/**
 * What shards said that they have given away, by the record of their bucket that was remembered then: only to spare a call, since a
 * shard says it again. What has moved stays where it is for as long as the record holds. Null: all of it.
 */
const moved = new WeakMap<BucketRecord, Map<number, string | null>>();

/** The shard has given away the keys up to this one that move; null: all. */
export function rememberMoved(bucket: BucketRecord, shard: number, upTo: string | null): void {
  let ofBucket = moved.get(bucket);
  if (ofBucket === undefined) moved.set(bucket, (ofBucket = new Map()));
  ofBucket.set(shard, upTo);
}

/** The shard that has a key, as far as is known. */
export function placeOf(bucket: BucketRecord, key: string): number {
  const { shardCount, growth } = bucket;
  const shard = shardOfKey(key, shardCount);
  if (growth?.to === undefined) return shard;
  const upTo = moved.get(bucket)?.get(shard);
  const hasMoved = upTo === null || (upTo !== undefined && compareUtf8(key, upTo) <= 0);
  return hasMoved ? shardOfKey(key, growth.to) : shard;
}

/** Both keys are in one shard, and stay together. */
export function areTogether(bucket: BucketRecord, key: string, otherKey: string): boolean {
  const to = allShards(bucket);
  return (
    placeOf(bucket, key) === placeOf(bucket, otherKey) &&
    shardOfKey(key, to) === shardOfKey(otherKey, to)
  );
}
