import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import { shardName } from "../wire/shard-name.ts";

/** A name is hashed into an id, which costs as much as a lookup: ids of the shards in use are kept. */
const MAX_SHARD_IDS = 10_000;
const shardIds = new Map<string, DurableObjectId>();

/** The id of a shard of a bucket. */
export function shardId(
  namespace: DurableObjectNamespace<BucketIndexObject>,
  bucketId: string,
  shard: number,
): DurableObjectId {
  const name = shardName(bucketId, shard);
  let id = shardIds.get(name);
  if (id !== undefined) return id;
  id = namespace.idFromName(name);
  if (shardIds.size >= MAX_SHARD_IDS) shardIds.clear();
  shardIds.set(name, id);
  return id;
}
