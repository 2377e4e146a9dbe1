import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { randomRules } from "../support/big-objects-lifecycle.ts";
import { Sequence } from "../support/big-objects-sequence.ts";
import { World } from "../support/big-objects-world.ts";
import { atRandom } from "../support/campaign.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { audit, leftovers, settleDown } from "../support/shard-census.ts";
import { ToldEvents } from "../support/told-events.ts";

const DAY_MS = 86_400_000;

/** Sequences that share two buckets and run at once, and the steps of each. */
const SEQUENCES = atRandom({ test: 5, campaign: 125 });
const STEPS = atRandom({ test: 8, campaign: 12 });
/** Rounds of steps; between two of them, rules are applied. */
const ROUNDS = atRandom({ test: 2, campaign: 3 });

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
      const random = seededRandom(first);
      const world = await World.create(first, turn);
      const events = await ToldEvents.of(world.buckets, random);
      onTestFinished(() => events.end());
      world.letShardsDie(() => random(6) === 0);
      const sequences = Array.from({ length: SEQUENCES }, (_, i) => new Sequence(world, first + i));
      const each = (act: (sequence: Sequence) => Promise<void>): Promise<unknown> =>
        Promise.all(sequences.map(act));
      const scan = async (): Promise<void> => {
        await each((sequence) => sequence.prepare());
        const scans = await world.scan((bucket) => randomRules(random, bucket), random);
        await each((sequence) => sequence.expire(scans));
      };
      for (let round = 1; round <= ROUNDS; round += 1) {
        await each((sequence) => sequence.run(STEPS / ROUNDS));
        if (round === 1) await world.turn();
        if (round < ROUNDS) await scan();
      }
      // Some of what is on its way arrives now, the rest a day too late.
      for (const sequence of sequences) await sequence.arrive(Math.ceil(sequence.lateCalls / 2));
      await world.pass(DAY_MS);
      for (const sequence of sequences) await sequence.arrive();

      await events.mend();
      await settleDown(world.buckets);
      expect(await audit(world.buckets)).toEqual([]);
      for (const sequence of sequences) await sequence.verify();
      expect(
        await events.faults(sequences.flatMap(({ told, model }) => [...told, ...model.versions])),
      ).toEqual([]);
      const acknowledged = sequences.reduce((sum, sequence) => sum + sequence.acknowledged, 0);
      const taken = sequences.reduce((sum, sequence) => sum + sequence.taken, 0);
      const expired = sequences.reduce((sum, sequence) => sum + sequence.expired, 0);
      await annotate(
        `${acknowledged} of ${taken} steps were acknowledged, rules changed ${expired} keys, ${events.count} events came`,
      );
      expect(acknowledged / taken).toBeGreaterThan(0.6);

      await world.deleteEverything();
      await settleDown(world.buckets);
      expect(await leftovers(world.buckets)).toEqual([]);
    },
  );
});
