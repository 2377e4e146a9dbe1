import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { PAUSE } from "../../src/storage/clients/key-pauses.ts";
import { DirectoryObject } from "../../src/storage/directory-object/durable-object.ts";
import { Sequence } from "../support/big-objects-sequence.ts";
import { World } from "../support/big-objects-world.ts";
import { atRandom } from "../support/campaign.ts";
import { moveLittle, moveMuch, shardsOf } from "../support/growth.ts";
import { pick, seededRandom } from "../support/seeded-random.ts";
import { audit, leftovers, settleDown } from "../support/shard-census.ts";
import { crash } from "../support/shard-death.ts";
import { SHARDS } from "../support/shards.ts";

const DAY_MS = 86_400_000;

/** Sequences that share two buckets and run at once, and the steps of each. */
const SEQUENCES = atRandom({ test: 4, campaign: 16 });
const STEPS = atRandom({ test: 8, campaign: 16 });
const WORLDS = atRandom({ test: 1, campaign: 50 });

/** Of a growth that takes some hundred. */
const MAX_TURNS = 5000;

beforeEach(() => {
  // Thousands of failures that are meant to be.
  for (const method of ["error", "warn", "log"] as const)
    vi.spyOn(console, method).mockImplementation(() => undefined);
  moveLittle();
});

afterEach(() => {
  moveMuch();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Random = (bound: number) => number;
type Method = (...given: unknown[]) => Promise<unknown>;

/** Calls between shards, and of the Directory, fail at random: before they arrive, or their answer is lost, or one of the two shards dies. */
function failAtRandom(world: World, random: Random): void {
  const fail = (prototype: object, name: string, dies: (callee: string) => Promise<void>): void => {
    const original = Reflect.get(prototype, name) as Method;
    vi.spyOn(prototype as Record<string, Method>, name).mockImplementation(async function (
      this: unknown,
      ...given
    ) {
      const failure = random(12);
      if (failure === 0) throw new Error("the call did not arrive");
      const answer = await Reflect.apply(original, this, given);
      const { id } = Reflect.get(this as object, "ctx") as DurableObjectState;
      if (failure === 2) await dies(id.name ?? "");
      if (failure <= 2) throw new Error("the answer is lost");
      return answer;
    });
  };
  fail(BucketIndexObject.prototype, "grow", async (callee) => {
    const shard = random(2) === 0 ? callee : callerOf(callee);
    world.note(`${shard} dies, of which ${callee} was called`);
    await crash(shard);
  });
  fail(DirectoryObject.prototype, "finishMove", async () => undefined);
}

/** Of a shard that gets keys, the one that sends them. */
function callerOf(shardName: string): string {
  const slash = shardName.lastIndexOf("/");
  return `${shardName.slice(0, slash)}/${Number(shardName.slice(slash + 1)) % SHARDS}`;
}

/** Moves range after range while clients go on, and shards die: between two of their jobs, or in the middle of one. */
async function growMeanwhile(world: World, random: Random): Promise<void> {
  for (let turns = 0; turns < MAX_TURNS; turns += 1) {
    const moving = world.move();
    if (random(3) === 0) {
      if (random(2) === 0) await moving;
      const shard = pick(random, await shardsOf(pick(random, world.buckets)));
      world.note(`${shard} dies`);
      await crash(shard);
    }
    if (!(await moving)) return;
    await world.pass(1000);
  }
  throw new Error("the growth does not end");
}

function expectNone(world: World, found: readonly string[]): void {
  expect(found, [...found, world.story].join("\n")).toEqual([]);
}

describe("a bucket that grows", () => {
  test.for(Array.from({ length: WORLDS }, (_, i) => ({ turn: i, first: 10_000 + i * SEQUENCES })))(
    `loses nothing and leaves nothing behind, whatever dies: ${SEQUENCES} sequences of ${STEPS} steps, seeds from $first`,
    { timeout: 600_000 },
    async ({ turn, first }, { annotate }) => {
      const random = seededRandom(first);
      const world = await World.create(first, turn % 8);
      const sequences = Array.from({ length: SEQUENCES }, (_, i) => new Sequence(world, first + i));
      const runAll = (): Promise<unknown> =>
        Promise.all(sequences.map((sequence) => sequence.run(STEPS / 4)));
      await runAll();
      failAtRandom(world, random);
      // Whoever waits for a key that is under way lets it move on.
      vi.spyOn(PAUSE, "for").mockImplementation(async () => void (await world.move()));
      await world.beginToGrow();
      const growing = growMeanwhile(world, random);
      await runAll();
      await world.turn();
      await runAll();
      for (const sequence of sequences) await sequence.arrive(Math.ceil(sequence.lateCalls / 2));
      await growing;
      await runAll();
      await world.pass(DAY_MS);
      for (const sequence of sequences) await sequence.arrive();

      await settleDown(world.buckets);
      expectNone(world, await audit(world.buckets));
      for (const sequence of sequences) await sequence.verify();
      const acknowledged = sequences.reduce((sum, sequence) => sum + sequence.acknowledged, 0);
      const taken = sequences.reduce((sum, sequence) => sum + sequence.taken, 0);
      await annotate(`${acknowledged} of ${taken} steps were acknowledged`);
      expect(acknowledged / taken).toBeGreaterThan(0.5);

      await world.deleteEverything();
      await settleDown(world.buckets);
      expectNone(world, await leftovers(world.buckets));
    },
  );
});
