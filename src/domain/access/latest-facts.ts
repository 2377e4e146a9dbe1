import type { BucketPorts } from "../ports.ts";
import { bucketFactsOf } from "./bucket-facts.ts";
import type { BucketFacts } from "./facts.ts";

/**
 * What a bucket's configuration says of access, for an answer that depends on it: after a call of a shard, as it was for that
 * call, whatever was remembered before.
 */
export function latestFacts({
  bucket,
  decisions,
  settings,
}: Pick<BucketPorts, "bucket" | "decisions" | "settings">): () => BucketFacts {
  let latest = bucket;
  decisions.push((newer) => {
    latest = newer;
  });
  return () => bucketFactsOf(latest, settings);
}
