import { env } from "cloudflare:workers";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { advanceClock } from "./faults.ts";
import type { Versioning } from "./big-objects-versions.ts";
import { signedFetch, uniqueBucket } from "./client.ts";
import { expectOk, putDocument } from "./documents.ts";
import { httpStore } from "./http-store.ts";
import { DAY_MS, type ModelRules, rulesDocument } from "./big-objects-lifecycle.ts";
import { setLifecycle } from "./lifecycle.ts";
import { lockedBucket } from "./object-lock.ts";
import {
  type ListedUpload,
  type ListedVersion,
  LOCKS,
  type ObjectStore,
  type Place,
} from "./object-store.ts";
import { bytesOfRope, newRope, type Rope } from "./rope.ts";
import { seededRandom } from "./seeded-random.ts";
import { beginToGrow, shardsOf } from "./growth.ts";
import { beginToCount } from "./shard-census.ts";
import { askingAgain, ringThroughDeaths, untilDone } from "./shard-death.ts";
import { query, runDueAlarm, startClock } from "./shards.ts";
import { LEAST_PART_BYTES } from "./stitching.ts";
import { setVersioning } from "./versions.ts";
import { recordOf } from "./bucket-record.ts";

const HOUR_MS = 3_600_000;
/** With two scans, of two days each, under a week, after which uploads are aborted. */
const PATIENCE_MS = 2 * DAY_MS;
const MINUTE_MS = 60_000;
/** As much passes whenever it is asked for: a shard that failed is asked again after a second. */
const MOMENT_MS = 1000;

/** Until some hours after the midnight at which all is due that is there, or the one before. */
function untilScanMs(random: (bound: number) => number): number {
  const nowMs = Date.now();
  const allDueMs = Math.ceil((nowMs + DAY_MS) / DAY_MS) * DAY_MS;
  return allDueMs - (random(4) === 0 ? DAY_MS : 0) + random(6 * HOUR_MS) - nowMs;
}

/** A scan is under way, or was to be run by then and was not. */
async function isScanning(shard: string, atMs: number): Promise<boolean> {
  const [row] = await query<{ count: number }>(
    shard,
    `SELECT (SELECT COUNT(*) FROM lifecycle_scan)
      + (SELECT COUNT(*) FROM job WHERE kind = 'lifecycle' AND due_ms <= ?) AS count`,
    // After one that failed, it is to be run once more within minutes.
    atMs + HOUR_MS,
  );
  return row?.count !== 0;
}

function everyThird(): () => boolean {
  let count = 0;
  return () => (count += 1) % 3 === 0;
}

/** What a bucket has before a scan, by which rules it was scanned, and when. */
export interface Scan {
  readonly bucket: BucketRecord;
  readonly rules: ModelRules;
  readonly versions: readonly ListedVersion[];
  readonly uploads: readonly ListedUpload[];
  readonly atMs: number;
}

/** What the bucket with versions is at first, and at last. */
interface Course {
  readonly isLocked: boolean;
  readonly first: NonNullable<Versioning>;
  readonly last: NonNullable<Versioning>;
}

const COURSES: readonly Course[] = [
  { isLocked: false, first: "Enabled", last: "Suspended" },
  { isLocked: true, first: "Enabled", last: "Enabled" },
  { isLocked: false, first: "Suspended", last: "Enabled" },
  { isLocked: false, first: "Enabled", last: "Enabled" },
];

/**
 * What each bucket encrypts with, turn after turn. Copies from one to the other wrap a key anew; those between what is encrypted and
 * what is not store their bytes once more, 5 MiB for many a part: the turns of a campaign only.
 */
const ENCRYPTIONS: readonly (readonly (string | undefined)[])[] = [
  ["AES256", "aws:kms"],
  [],
  ["aws:kms:dsse", "aws:kms:dsse"],
  [],
  [undefined, "aws:kms"],
  ["AES256"],
  ["aws:kms:dsse", "AES256"],
  ["aws:kms", "aws:kms"],
];

/** What the clients of all sequences are. */
export const storeOf: (bindings: Cloudflare.Env) => ObjectStore = httpStore;

async function setEncryption(bucket: string, algorithm: string | undefined): Promise<void> {
  if (algorithm === undefined) return;
  const rule = `<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>`;
  const root = "ServerSideEncryptionConfiguration";
  await expectOk(putDocument(`/${bucket}`, { encryption: "" }, root, rule));
}

/** Two buckets, one of them with versions, and one clock that many sequences share. */
export class World {
  readonly buckets: readonly [BucketRecord, BucketRecord];
  /** An object whose bytes are enough for a part that is not the last: copies of it make big parts without moving any. */
  readonly quarry: Place;
  readonly quarryRope: Rope;
  readonly store = askingAgain(storeOf(env));
  readonly #course: Course;
  readonly #versionedBucket: BucketRecord;
  #versioning: Versioning;
  #passedMs = 0;
  readonly #events: string[] = [];
  #turn: Promise<void> = Promise.resolve();
  #dies: (() => boolean) | undefined;

  private constructor(buckets: World["buckets"], seed: number, course: Course) {
    const random = seededRandom(seed);
    this.buckets = random(2) === 0 ? buckets : [buckets[1], buckets[0]];
    this.quarry = { bucket: this.buckets[0], key: "quarry" };
    this.quarryRope = newRope(seed, LEAST_PART_BYTES + 1000);
    this.#course = course;
    [, this.#versionedBucket] = buckets;
  }

  /** @param turn which of the courses the versions take, and how the buckets encrypt */
  static async create(seed: number, turn: number): Promise<World> {
    startClock();
    const course = COURSES[turn % COURSES.length];
    if (course === undefined) throw new Error("no course");
    const versioned = course.isLocked ? await lockedBucket() : await uniqueBucket();
    const names = [await uniqueBucket(), versioned] as const;
    for (const [i, name] of names.entries()) await setEncryption(name, ENCRYPTIONS[turn]?.[i]);
    const buckets = [await recordOf(names[0]), await recordOf(names[1])] as const;
    await beginToCount(buckets);
    const world = new World(buckets, seed, course);
    await world.store.put(world.quarry, bytesOfRope(world.quarryRope));
    await world.#setVersioning(course.first);
    return world;
  }

  /** Something happened, which whoever looks for a fault wants to know of. */
  note(event: string): void {
    this.#events.push(event);
  }

  /** All that was noted, in its order. */
  get story(): string {
    return `after\n${this.#events.join("\n")}\n`;
  }

  versioningOf(bucket: BucketRecord): Versioning {
    return bucket === this.#versionedBucket ? this.#versioning : undefined;
  }

  /** Half-way, while no step is under way. */
  async turn(): Promise<void> {
    await this.#setVersioning(this.#course.last);
  }

  async #setVersioning(versioning: NonNullable<Versioning>): Promise<void> {
    await untilDone(() => setVersioning(this.#versionedBucket.name, versioning));
    this.#versioning = versioning;
  }

  /** Time passes, while there is some left, and the shards do what is due. Never two alarms of a shard at once. */
  async pass(ms: number): Promise<void> {
    const before = this.#turn;
    this.#turn = this.#passAfter(before, ms);
    await this.#turn;
  }

  async #passAfter(before: Promise<void>, ms: number): Promise<void> {
    await before;
    if (ms <= MOMENT_MS || this.#passedMs + ms <= PATIENCE_MS) {
      this.#passedMs += ms;
      advanceClock(ms);
    }
    for (const bucket of this.buckets)
      for (const name of await shardsOf(bucket)) await ringThroughDeaths(name, 100, this.#dies);
  }

  /** From now on shards die while they do what is due: transactions of their jobs are undone at their ends. */
  letShardsDie(dies: () => boolean): void {
    this.#dies = dies;
  }

  /**
   * Rules come, time passes, and all shards scan, while no step is under way. A third of the scans' transactions is undone, and the
   * rules go.
   */
  async scan(
    rulesOf: (bucket: BucketRecord) => ModelRules,
    random: (bound: number) => number,
  ): Promise<readonly Scan[]> {
    const before = [];
    for (const bucket of this.buckets) {
      const rules = rulesOf(bucket);
      await setLifecycle(bucket.name, rulesDocument(rules));
      const versions = await this.store.listVersions(bucket);
      const uploads = await this.store.listUploads(bucket);
      before.push({ bucket, rules, versions, uploads });
    }
    advanceClock(untilScanMs(random));
    const atMs = Date.now();
    const fails = everyThird();
    for (const bucket of this.buckets)
      for (const name of await shardsOf(bucket)) {
        await runDueAlarm(name, 100, fails);
        while (await isScanning(name, atMs)) {
          // A job that failed is run again after so long.
          advanceClock(MINUTE_MS);
          await runDueAlarm(name, 100, fails);
        }
      }
    for (const { name } of this.buckets)
      await signedFetch("DELETE", `/${name}`, { query: { lifecycle: "" } });
    return before.map((scan) => ({ ...scan, atMs }));
  }

  async #moveAfter(before: Promise<void>): Promise<void> {
    await before;
    for (const bucket of this.buckets)
      for (const name of await shardsOf(bucket)) await ringThroughDeaths(name, 1);
  }

  /** Both buckets begin to grow; each call of {@link move} gets them on. */
  async beginToGrow(): Promise<void> {
    for (const { name } of this.buckets) {
      const bucket = await recordOf(name);
      await beginToCount([await beginToGrow(bucket, 2 * bucket.shardCount)]);
    }
  }

  /** Every shard does once what is due, in turn with {@link pass}. @returns whether a bucket grows still */
  async move(): Promise<boolean> {
    this.#turn = this.#moveAfter(this.#turn);
    await this.#turn;
    const records = await Promise.all(this.buckets.map(({ name }) => recordOf(name)));
    return records.some(({ growth }) => growth?.to !== undefined);
  }

  async #deleteVersion(bucket: BucketRecord, { key, id, sizeBytes }: ListedVersion): Promise<void> {
    const at = { bucket, key };
    if (sizeBytes !== undefined && bucket.shard.flags.hasLock === true)
      for (const lock of LOCKS) await this.store.setLock(at, id, lock, false);
    await this.store.removeVersion(at, id, false);
  }

  /** Deletes and aborts whatever there is. */
  async deleteEverything(): Promise<void> {
    const { store } = this;
    for (const bucket of this.buckets) {
      const versions = await store.listVersions(bucket);
      await Promise.all(versions.map((version) => this.#deleteVersion(bucket, version)));
      const uploads = await store.listUploads(bucket);
      await Promise.all(uploads.map(({ key, uploadId }) => store.abort({ bucket, key }, uploadId)));
    }
  }
}
