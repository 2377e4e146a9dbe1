import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Sequence } from "../support/big-objects-sequence.ts";
import { World } from "../support/big-objects-world.ts";
import { atRandom } from "../support/campaign.ts";
import { audit, leftovers, settleDown } from "../support/shard-census.ts";

const DAY_MS = 86_400_000;

/** Sequences that share two buckets and run at once, and the steps of each. */
const SEQUENCES = atRandom({ test: 12, campaign: 125 });
const STEPS = 10;

/** Every course that versions take, or twice each of them. */
const WORLDS = atRandom({ test: 4, campaign: 8 });

beforeEach(() => {
  // Thousands of failures that are meant to be.
  for (const method of ["error", "warn", "log"] as const)
    vi.spyOn(console, method).mockImplementation(() => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("writes, deletes, copies, appends, locks and multipart uploads whose gateways die at any step", () => {
  test.for(Array.from({ length: WORLDS }, (_, i) => ({ turn: i, first: i * SEQUENCES })))(
    `lose nothing and leave nothing behind: ${SEQUENCES} sequences of ${STEPS} steps, seeds from $first`,
    { timeout: 120_000 },
    async ({ turn, first }, { annotate }) => {
      const world = await World.create(first, turn);
      const sequences = Array.from({ length: SEQUENCES }, (_, i) => new Sequence(world, first + i));
      await Promise.all(sequences.map((sequence) => sequence.run(STEPS / 2)));
      await world.turn();
      await Promise.all(sequences.map((sequence) => sequence.run(STEPS / 2)));
      // Some of what is on its way arrives now, the rest a day too late.
      for (const sequence of sequences) await sequence.arrive(Math.ceil(sequence.lateCalls / 2));
      await world.pass(DAY_MS);
      for (const sequence of sequences) await sequence.arrive();

      await settleDown(world.buckets);
      expect(await audit(world.buckets)).toEqual([]);
      for (const sequence of sequences) await sequence.verify();
      const acknowledged = sequences.reduce((sum, sequence) => sum + sequence.acknowledged, 0);
      const taken = sequences.reduce((sum, sequence) => sum + sequence.taken, 0);
      await annotate(`${acknowledged} of ${taken} steps were acknowledged`);
      expect(acknowledged / taken).toBeGreaterThan(0.6);

      // Rules remove it, or clients do.
      if (turn % 2 === 0) {
        expect(await world.expireEverything()).toBe(0);
        await settleDown(world.buckets);
        expect(await audit(world.buckets)).toEqual([]);
      }
      await world.deleteEverything();
      await settleDown(world.buckets);
      expect(await leftovers(world.buckets)).toEqual([]);
    },
  );
});
