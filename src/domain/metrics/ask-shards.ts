import { log } from "../../lib/log.ts";
import type { FiguredBucket, FigureSource } from "../../storage/ports/shard-figures.ts";
import type { ToldFigures } from "./shard-metrics.ts";
import { shardName } from "../../storage/wire/shard-name.ts";

/** Calls of one scrape: a request of Cloudflare's may make 1,000, those of a KV or the Directory among them. */
const MOST_SHARDS = 800;
/** Asked at the same time. Each answer is under a KiB. */
const LANES = 16;
const PAGE = 1000;

interface Asked {
  readonly told: readonly ToldFigures[];
  /** Shards that did not answer. */
  readonly failed: number;
  /** Shards of buckets behind {@link MOST_SHARDS}, that were not asked. */
  readonly isMore: boolean;
}

/**
 * Asks all shards of the buckets whose names begin so, at most {@link MOST_SHARDS}: whole buckets, in the order of their names. One
 * that fails does not hide the others.
 */
export async function askShards(source: FigureSource, prefix: string): Promise<Asked> {
  const buckets = await source.listBuckets(prefix, "", PAGE);
  const asked: { readonly bucket: FiguredBucket; readonly shard: number }[] = [];
  let taken = 0;
  for (const bucket of buckets) {
    if (asked.length + bucket.shardCount > MOST_SHARDS) break;
    for (let shard = 0; shard < bucket.shardCount; shard += 1) asked.push({ bucket, shard });
    taken += 1;
  }
  const told: ToldFigures[] = [];
  let failed = 0;
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let one = asked[next++]; one !== undefined; one = asked[next++]) {
      const { bucket, shard } = one;
      try {
        const figures = await source.askShard(bucket, shard);
        if (figures !== undefined) told.push({ bucket, shard, figures });
      } catch (error) {
        failed += 1;
        log("error", "shard gave no figures", {
          shard: shardName(bucket.id, shard),
          error: String(error),
        });
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { told, failed, isMore: taken < buckets.length || buckets.length === PAGE };
}
