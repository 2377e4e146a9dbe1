import { env } from "cloudflare:workers";
import type { BucketRecord } from "../../src/storage/bucket-directory.ts";
import { advanceClock } from "./faults.ts";
import { uniqueBucket } from "./client.ts";
import { httpStore } from "./http-store.ts";
import type { ObjectStore, Place } from "./object-store.ts";
import { bytesOfRope, newRope, type Rope } from "./rope.ts";
import { runDueAlarm, shardNames, startClock } from "./shards.ts";
import { LEAST_PART_BYTES } from "./stitching.ts";

const HOUR_MS = 3_600_000;
/** Under a week, after which uploads are aborted. */
const PATIENCE_MS = 6 * 24 * HOUR_MS;

/** What the clients of all sequences are. */
export const storeOf: (bindings: Cloudflare.Env) => ObjectStore = httpStore;

/** Two buckets and one clock that many sequences share. */
export class World {
  readonly buckets: readonly [BucketRecord, BucketRecord];
  /** An object whose bytes are enough for a part that is not the last: copies of it make big parts without moving any. */
  readonly quarry: Place;
  readonly quarryRope: Rope;
  readonly store = storeOf(env);
  #passedMs = 0;
  #turn: Promise<void> = Promise.resolve();

  private constructor(buckets: World["buckets"], seed: number) {
    this.buckets = buckets;
    this.quarry = { bucket: buckets[0], key: "quarry" };
    this.quarryRope = newRope(seed, LEAST_PART_BYTES + 1000);
  }

  static async create(seed: number): Promise<World> {
    startClock();
    const world = new World([await newBucket(), await newBucket()], seed);
    await world.store.put(world.quarry, bytesOfRope(world.quarryRope));
    return world;
  }

  /** Time passes, while there is some left, and the shards do what is due. Never two alarms of a shard at once. */
  async pass(ms: number): Promise<void> {
    const before = this.#turn;
    this.#turn = this.#passAfter(before, ms);
    await this.#turn;
  }

  async #passAfter(before: Promise<void>, ms: number): Promise<void> {
    await before;
    if (this.#passedMs + ms <= PATIENCE_MS) {
      this.#passedMs += ms;
      advanceClock(ms);
    }
    for (const { id } of this.buckets) for (const name of shardNames(id)) await runDueAlarm(name);
  }

  /** Deletes and aborts whatever there is. */
  async deleteEverything(): Promise<void> {
    const { store } = this;
    for (const bucket of this.buckets) {
      const keys = await store.listKeys(bucket);
      await Promise.all(keys.map((key) => store.remove({ bucket, key })));
      const uploads = await store.listUploads(bucket);
      await Promise.all(uploads.map(({ key, uploadId }) => store.abort({ bucket, key }, uploadId)));
    }
  }
}

async function newBucket(): Promise<BucketRecord> {
  const name = await uniqueBucket();
  const bucket = await env.DIRECTORY.getByName("directory").find(name);
  if (bucket === undefined) throw new Error(`no bucket ${name}`);
  return bucket;
}
