import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { ShardCalls } from "../../src/storage/bucket-shard/shard-calls.ts";
import type { Transaction } from "../../src/storage/bucket-shard/transaction.ts";
import type { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { NO_ATTRIBUTES, type ObjectDraft } from "../../src/protocol/object-record.ts";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import type { BucketIndex, Removal } from "../../src/storage/ports/bucket-index.ts";
import { shardOfKey } from "../../src/storage/wire/slots.ts";
import { advanceClock } from "./faults.ts";
import { freshRecord, indexOf } from "./bucket-record.ts";

export const SHARDS = Number(env.INDEX_SHARDS);

const directory = bucketDirectoryClient(env.DIRECTORY);

/** So far ahead that no alarm that is set from now on runs by itself: the runtime's clock is the machine's. */
export function startClock(): void {
  advanceClock(24 * 3_600_000);
}

let opened = 0;

/** A bucket that no other test has. */
export async function makeBucket(): Promise<BucketRecord> {
  opened += 1;
  const name = `bucket-${opened}-${crypto.randomUUID().slice(0, 8)}`;
  const record = freshRecord(name);
  await directory.create(record, []);
  await indexOf(record).configure();
  return record;
}

/** Deletes an empty bucket, as DeleteBucket does. */
export async function deleteBucket(bucket: BucketRecord): Promise<void> {
  const token = await directory.beginDelete(bucket.id);
  if (token === undefined) throw new Error(`${bucket.id} is being deleted`);
  if (!(await indexOf(bucket).sealIfEmpty(token))) throw new Error(`${bucket.id} is not empty`);
  if (!(await directory.finishDelete(bucket.id, token))) throw new Error("the token is void");
}

export function shardNames(bucketId: string): string[] {
  return Array.from({ length: SHARDS }, (_, shard) => `${bucketId}/${shard}`);
}

/** A key of that shard of a bucket, another one for each `salt`. */
export function keyInShard(shard: number, salt = ""): string {
  for (let i = 0; ; i += 1) {
    const key = `key-${salt}${i}`;
    if (shardOfKey(key, SHARDS) === shard) return key;
  }
}

/** Everything that a query finds in one shard. */
export function query<Row extends Record<string, SqlStorageValue>>(
  shardName: string,
  sql: string,
  ...bindings: unknown[]
): Promise<Row[]> {
  return runInDurableObject(env.BUCKET_INDEX.getByName(shardName), (_, { storage }) =>
    storage.sql.exec<Row>(sql, ...bindings).toArray(),
  );
}

/**
 * Runs the alarm of a shard as the runtime would: when its time has come, and again if it is set to a time that has.
 *
 * @param fails asked of each transaction of a job, whether it is undone at its end, as when the shard dies there
 * @returns how many times it ran, at most `most`
 */
export function runDueAlarm(shardName: string, most = 100, fails?: () => boolean): Promise<number> {
  return runInDurableObject(env.BUCKET_INDEX.getByName(shardName), async (shard, { storage }) => {
    if (fails === undefined) return ringDue(shard, storage, most);
    const doomed = doomJobs(fails);
    try {
      return await ringDue(shard, storage, most);
    } finally {
      doomed.mockRestore();
    }
  });
}

function doomJobs(fails: () => boolean): { mockRestore(): void } {
  const original = Reflect.get(ShardCalls.prototype, "alone");
  return vi.spyOn(ShardCalls.prototype, "alone").mockImplementation(function <T>(
    this: ShardCalls,
    effect: (transaction: Transaction) => T,
  ): T {
    const doomed = (transaction: Transaction): T => {
      const value = effect(transaction);
      if (fails()) throw new Error("the shard dies");
      return value;
    };
    return Reflect.apply(original, this, [doomed]);
  });
}

async function ringDue(
  shard: Pick<BucketIndexObject, "alarm">,
  storage: DurableObjectStorage,
  most: number,
): Promise<number> {
  for (let runs = 0; runs < most; runs += 1) {
    const alarmMs = await storage.getAlarm();
    // A shard that has more to do asks to be called a millisecond later.
    if (alarmMs === null || alarmMs > Date.now() + 1) return runs;
    await storage.deleteAlarm();
    await shard.alarm();
  }
  return most;
}

/** The draft of an object with nothing special about it. */
export function draftOf(
  content: ObjectDraft["content"],
  sizeBytes: number,
  partCount?: number,
): ObjectDraft {
  return {
    sizeBytes,
    etag: "0".repeat(32),
    storageClass: "STANDARD",
    checksum: undefined,
    headers: {},
    partCount,
    attributes: NO_ATTRIBUTES,
    content,
  };
}

/** The removal of whatever object `key` has. */
export function removalOf(key: string): Removal {
  return { key, versionId: undefined, conditions: NO_CONDITIONS, bypassesGovernance: false };
}

/** Writes a blob and makes it the object of `key`. @returns its id */
export async function putBlob(index: BucketIndex, key: string, body: string): Promise<string> {
  const blobId = index.newBlobId(key);
  await env.BLOBS.put(blobId, body);
  const sizeBytes = body.length;
  const draft = draftOf({ kind: "blob", blobId, sizeBytes }, sizeBytes);
  const outcome = await index.commit(key, draft, NO_CONDITIONS);
  if (!outcome.ok) throw new Error(outcome.reason);
  return blobId;
}
