import type { ShardFlags } from "../protocol/bucket-configuration.ts";
import type { BucketPorts } from "./ports.ts";

/** What gateways know of what shards decide with, by the record that the request's last call of a shard was made under. */
export function latestFlags({
  bucket,
  decisions,
}: Pick<BucketPorts, "bucket" | "decisions">): () => ShardFlags {
  let known = bucket;
  decisions.push((newer) => {
    known = newer;
  });
  return () => known.shard.flags;
}
