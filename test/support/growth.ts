import { env } from "cloudflare:workers";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { MOVE_LIMITS } from "../../src/storage/bucket-shard/growth/move-limits.ts";
import { indexOf, recordOf } from "./bucket-record.ts";
import { query, runDueAlarm } from "./shards.ts";

const directory = bucketDirectoryClient(env.DIRECTORY);

/** The bucket begins to grow, as GrowBucket has it, and no shard has moved anything yet. */
export async function beginToGrow({ id }: BucketRecord, to: number): Promise<BucketRecord> {
  const outcome = await directory.beginGrowth(id, to);
  if (outcome?.ok !== true) throw new Error(`${id} does not grow: ${outcome?.reason}`);
  await indexOf(outcome.bucket).configure(outcome.shardPart);
  return outcome.bucket;
}

export function allShardNames({ id, shardCount, growth }: BucketRecord): string[] {
  return Array.from({ length: growth?.to ?? shardCount }, (_, shard) => `${id}/${shard}`);
}

/** The shards of a bucket as it is now; of one that is deleted, those that it had. */
export async function shardsOf(bucket: BucketRecord): Promise<string[]> {
  const now = await directory.find(bucket.name);
  return allShardNames(now?.id === bucket.id ? now : bucket);
}

/** Lets all shards move what they have to. @returns the bucket as it is then */
export async function growUp({ name }: BucketRecord): Promise<BucketRecord> {
  for (let turns = 0; turns < 100; turns += 1) {
    const bucket = await recordOf(name);
    if (bucket.growth?.to === undefined) return bucket;
    for (const shard of allShardNames(bucket)) await runDueAlarm(shard, 1);
  }
  throw new Error("the growth does not end");
}

/** How many rows of a table each shard has. */
export async function rowsOf(bucket: BucketRecord, table: string): Promise<number[]> {
  const counts = allShardNames(bucket).map(async (shard) => {
    const [row] = await query<{ count: number }>(shard, `SELECT COUNT(*) AS count FROM ${table}`);
    return row?.count ?? 0;
  });
  return Promise.all(counts);
}

const USUAL_LIMITS = { ...MOVE_LIMITS };

/** From now on so little is moved at once that much can come between. */
export function moveLittle(): void {
  const little = { keys: 3, rows: 3, records: 2, bytes: 3000, removals: 1, rangesOfRun: 1 };
  Object.assign(MOVE_LIMITS, little);
}

export function moveMuch(): void {
  Object.assign(MOVE_LIMITS, USUAL_LIMITS);
}
