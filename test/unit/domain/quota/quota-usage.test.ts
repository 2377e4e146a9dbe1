import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { QuotaUsage } from "../../../../src/domain/quota/quota-usage.ts";
import type { FigureSource } from "../../../../src/storage/ports/shard-figures.ts";
import { atRandom } from "../../../support/campaign.ts";
import { seededRandom } from "../../../support/seeded-random.ts";

const BUCKET = { id: "id", name: "bucket", shardCount: 2 };
const QUOTA = { bytes: 1000 };
const SEEDS = atRandom({ test: 1, campaign: 20 });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Shards that have what was committed; each isolate asks them. */
function shards() {
  const state = { bytes: 0, asked: 0 };
  const source: FigureSource = {
    listBuckets: async () => [],
    async askShard(_, shard) {
      state.asked += 1;
      const bytes = shard === 0 ? state.bytes : 0;
      await passTime(3);
      return { versions: 0, bytes, uploadBytes: 0 };
    },
  };
  return { state, source };
}

function passTime(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Writers that add, are refused, and delete at random for a minute. @returns the most that there ever was */
async function write(usages: readonly QuotaUsage[], seed: number): Promise<number> {
  const { state, source: _ } = world;
  const random = seededRandom(seed);
  let most = 0;
  const writer = async (usage: QuotaUsage): Promise<void> => {
    for (let i = 0; i < 40; i += 1) {
      await passTime(random(1500));
      const bytes = random(200);
      await usage.adding(BUCKET, QUOTA, { bytes, objects: 0 }, async () => {
        await passTime(random(400));
        const ok = random(3) > 0;
        if (ok) state.bytes += bytes;
        most = Math.max(most, state.bytes);
        await passTime(random(400));
        return { ok };
      });
      if (random(3) === 0) state.bytes -= random(state.bytes + 1);
    }
  };
  const done = Promise.all(usages.flatMap((usage) => [1, 2, 3].map(() => writer(usage))));
  await vi.runAllTimersAsync();
  await done;
  return most;
}

let world = shards();

test("one isolate never lets in more than the quota, whatever comes together", async () => {
  for (let seed = 0; seed < SEEDS; seed += 1) {
    world = shards();
    const most = await write([new QuotaUsage(world.source)], seed);
    expect(most, `seed ${seed}`).toBeLessThanOrEqual(QUOTA.bytes);
    expect(most).toBeGreaterThan(QUOTA.bytes / 2);
  }
});

test("two isolates let in at most what each may by itself", async () => {
  for (let seed = 0; seed < SEEDS; seed += 1) {
    world = shards();
    const isolates = [new QuotaUsage(world.source), new QuotaUsage(world.source)];
    expect(await write(isolates, seed), `seed ${seed}`).toBeLessThanOrEqual(2 * QUOTA.bytes);
  }
});

test("shards are asked every five seconds at most, and not at all for what does not come", async () => {
  world = shards();
  const usage = new QuotaUsage(world.source);
  const ask = async (): Promise<boolean> => {
    const fits = usage.fits(BUCKET, QUOTA, { bytes: 1, objects: 1 });
    await vi.advanceTimersByTimeAsync(10);
    return fits;
  };
  for (let i = 0; i < 10; i += 1) expect(await ask()).toBe(true);
  expect(world.state.asked).toBe(2);
  await vi.advanceTimersByTimeAsync(5000);
  await ask();
  expect(world.state.asked).toBe(4);
});

test("while a shard counts, nothing is let in", async () => {
  const source: FigureSource = { listBuckets: async () => [], askShard: async () => ({}) };
  const fits = new QuotaUsage(source).fits(BUCKET, QUOTA, { bytes: 0, objects: 0 });
  await expect(fits).rejects.toMatchObject({ code: "SlowDown" });
});
