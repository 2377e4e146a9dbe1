import { afterEach, describe, expect, test } from "vitest";
import { atRandom, IS_CAMPAIGN } from "../support/campaign.ts";
import { findings } from "../support/check-folder.ts";
import { GrowingBucket } from "../support/growing-bucket.ts";
import { type LedgeProcess, SERVER, startLedge } from "../support/ledge-process.ts";

const CLIENTS = 6;
const KEYS_OF_CLIENT = atRandom({ test: 40, campaign: 300 });
/** How often a server is killed, spread over its growth, in which three of four keys move, of six clients. */
const KILLS = 4;
const MOVING_SHARE = 0.75 * CLIENTS;
/** The runtimes have all of it in common: the other one is for the campaign. */
const IS_RUN = IS_CAMPAIGN || SERVER === "ledge serve";

let ledge: LedgeProcess;
afterEach(() => ledge.stop());

async function start(dataFolder?: string): Promise<LedgeProcess> {
  const variables = { INDEX_SHARDS: "1" };
  return (ledge = await startLedge({ variables, ...(dataFolder !== undefined && { dataFolder }) }));
}

const longest = ({ tookMs }: GrowingBucket): string =>
  `${tookMs.length} calls, the longest of ${Math.max(...tookMs).toFixed()} ms`;

describe.runIf(IS_RUN)("a bucket that grows while clients write, read, list, and upload", () => {
  test.for(IS_CAMPAIGN ? [false, true] : [true])(
    "has all that was acknowledged, and nothing else; versioned: %s",
    { timeout: 600_000 },
    async (isVersioned, { annotate }) => {
      const bucket = await GrowingBucket.create(await start(), CLIENTS, isVersioned);
      await bucket.fill(KEYS_OF_CLIENT);
      bucket.tookMs.length = 0;
      for (const shards of [4, 8]) {
        await bucket.grow(shards);
        await bucket.useUntil(bucket.hasGrown(shards), 5);
      }
      await annotate(longest(bucket));
      expect(await bucket.verify()).toBeGreaterThan(KEYS_OF_CLIENT);
      await ledge.kill("SIGTERM");
      expect(await findings(ledge.dataFolder)).toEqual([]);
    },
  );

  test.runIf(IS_CAMPAIGN)(
    "goes on by itself, as often as the server is killed in the middle",
    { timeout: 600_000 },
    async ({ annotate }) => {
      const bucket = await GrowingBucket.create(await start(), CLIENTS, true);
      await bucket.fill(KEYS_OF_CLIENT);
      bucket.tookMs.length = 0;
      await bucket.grow(4);
      const milestones = new Milestones();
      const growing = bucket.hasGrown(4, (keys) => milestones.pass(keys));
      void growing.then(() => milestones.pass(Number.POSITIVE_INFINITY));
      const killed: number[] = [];
      const killing = (async () => {
        for (let kills = 1; kills <= KILLS; kills += 1) {
          const keys = await milestones.reach(
            (kills / (KILLS + 1)) * MOVING_SHARE * KEYS_OF_CLIENT,
          );
          if (keys === Number.POSITIVE_INFINITY) return;
          killed.push(keys);
          bucket.goDown();
          await ledge.kill("SIGKILL");
          bucket.comeBack(await start(ledge.dataFolder));
        }
      })();
      await bucket.useUntil(Promise.all([growing, killing]), 5);
      await annotate(`killed after ${killed.join(", ")} keys; ${longest(bucket)}`);
      expect(killed.length).toBeGreaterThan(0);
      expect(await bucket.verify()).toBeGreaterThan(KEYS_OF_CLIENT);
      await ledge.kill("SIGTERM");
      expect(await findings(ledge.dataFolder)).toEqual([]);
    },
  );
});

/** How many keys have moved, for whoever waits until it is so many. */
class Milestones {
  #keys = 0;
  #waiting: { readonly least: number; readonly reached: (keys: number) => void } | undefined;

  pass(keys: number): void {
    this.#keys = Math.max(this.#keys, keys);
    if (this.#waiting !== undefined && this.#keys > this.#waiting.least)
      this.#waiting.reached(this.#keys);
  }

  /** Done when more than so many have moved, or nothing is left to move. */
  reach(least: number): Promise<number> {
    if (this.#keys > least) return Promise.resolve(this.#keys);
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#waiting = { least, reached: resolve };
    return promise;
  }
}
