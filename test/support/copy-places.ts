import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { encodeKey, signedFetch, uniqueBucket } from "./client.ts";
import { neighbourOf, strangerTo } from "./copy.ts";
import { advanceClock, bucketIdOf, envWithShards, runAlarms } from "./faults.ts";

const HOUR_MS = 3_600_000;

/** Holds that are nobody's are looked for after a day; what goes on its way back waits for an hour at each end. */
const ROUNDS_MS = [25 * HOUR_MS, HOUR_MS, HOUR_MS, HOUR_MS];

/** The key that is copied from. */
export const SOURCE = "the/source";

/** Where a copy may be made. */
export const PLACES = [
  "the same shard",
  ...(env.INDEX_SHARDS === "1" ? [] : (["another shard"] as const)),
  "another bucket",
] as const;

/** A bucket to copy from, and a place to copy to. */
export async function makePlace(place: (typeof PLACES)[number]) {
  const from = await uniqueBucket();
  const to = place === "another bucket" ? await uniqueBucket() : from;
  const key = place === "another shard" ? strangerTo(SOURCE) : neighbourOf(SOURCE);
  return {
    from,
    to,
    key,
    /** Bucket and key. */
    source: `${from}/${SOURCE}`,
    target: `${to}/${key}`,
    ids: [...new Set([await bucketIdOf(from), await bucketIdOf(to)])],
  };
}

/** An environment in which something else happens each time that the gateway has read an object. */
export function envWithRace(afterRead: () => Promise<unknown>): Cloudflare.Env {
  return envWithShards((shard) => ({
    async read(...given: Parameters<BucketIndexObject["read"]>) {
      const answer = await shard.read(...given);
      await afterRead();
      return answer;
    },
  }));
}

/** Lets the shards of these buckets clean up until nothing more can be due. */
export async function settle(bucketIds: readonly string[]): Promise<void> {
  for (const ms of ROUNDS_MS) {
    advanceClock(ms);
    await Promise.all(bucketIds.map(runAlarms));
  }
}

export async function deleteObject(path: string): Promise<void> {
  expect((await signedFetch("DELETE", `/${encodeKey(path)}`)).status).toBe(204);
}
