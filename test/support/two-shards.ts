import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import type { BucketIndex, CommitOutcome } from "../../src/storage/ports/bucket-index.ts";
import { contentIndexClient } from "../../src/storage/clients/content-index-client.ts";
import { advanceClock } from "./faults.ts";
import { indexOf } from "./bucket-record.ts";
import {
  draftOf,
  keyInShard,
  makeBucket,
  query,
  runDueAlarm,
  SHARDS,
  shardNames,
} from "./shards.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const contents = contentIndexClient(env.BUCKET_INDEX);

export const sourceKey = keyInShard(0);
/** In another shard than `sourceKey`: of the same bucket if it has several, of another bucket otherwise. */
export const targetKey = keyInShard(SHARDS - 1, "copy-");

/** Two shards, of objects and of their copies. */
export interface TwoShards {
  /** The bucket of the first. */
  readonly home: BucketRecord;
  /** The bucket of the second, which may be the same. */
  readonly abroad: BucketRecord;
  readonly source: BucketIndex;
  readonly target: BucketIndex;
}

export async function makeTwoShards(): Promise<TwoShards> {
  const home = await makeBucket();
  const abroad = SHARDS > 1 ? home : await makeBucket();
  return { home, abroad, source: indexOf(home), target: indexOf(abroad) };
}

/** Lets the time pass, and every shard of the buckets do what is due by then. */
export async function pass(ms: number, ...buckets: readonly BucketRecord[]): Promise<void> {
  advanceClock(ms);
  for (const { id } of buckets) for (const shard of shardNames(id)) await runDueAlarm(shard);
}

export function copyTo(
  index: BucketIndex,
  key: string,
  contentId: string,
  holdToken?: string,
  partCount?: number,
): Promise<CommitOutcome> {
  const draft = draftOf({ kind: "reference", contentId, holdToken }, 1, partCount);
  return index.commit(key, draft, NO_CONDITIONS);
}

/** Copies to a shard that is not the content's home, by a hold. @returns the token */
export async function copyAbroad(
  target: BucketIndex,
  contentId: string,
  key = targetKey,
  partCount?: number,
): Promise<string> {
  const token = target.newBlobId(key);
  expect(await contents.hold(contentId, token)).toBe(true);
  expect(await copyTo(target, key, contentId, token, partCount)).toMatchObject({ ok: true });
  return token;
}

/** What holds a content, by its home. */
export function holdsOn(contentId: string): Promise<{ token: string; is_confirmed: number }[]> {
  return query(
    contentId.slice(0, contentId.lastIndexOf("/")),
    "SELECT token, is_confirmed FROM hold WHERE content_id = ? ORDER BY token",
    contentId,
  );
}
