import { afterEach, describe, expect, test } from "vitest";
import { atRandom, IS_CAMPAIGN } from "../support/campaign.ts";
import { findings } from "../support/check-folder.ts";
import { GrowingBucket } from "../support/growing-bucket.ts";
import { type LedgeProcess, SERVER, startLedge } from "../support/ledge-process.ts";

const CLIENTS = 6;
const KEYS_OF_CLIENT = atRandom({ test: 40, campaign: 300 });
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
    "goes on by itself when the server is killed in the middle",
    { timeout: 600_000 },
    async ({ annotate }) => {
      const bucket = await GrowingBucket.create(await start(), CLIENTS, true);
      await bucket.fill(KEYS_OF_CLIENT);
      bucket.tookMs.length = 0;
      const { promise: hasMoved, resolve } = Promise.withResolvers<number>();
      await bucket.grow(4);
      const growing = bucket.hasGrown(4, (keys) => {
        if (keys > 0) resolve(keys);
      });
      void growing.then(() => resolve(0));
      const killing = hasMoved.then(async (keys) => {
        bucket.goDown();
        await ledge.kill("SIGKILL");
        bucket.comeBack(await start(ledge.dataFolder));
        return keys;
      });
      await bucket.useUntil(Promise.all([growing, killing]), 5);
      await annotate(`killed after ${await killing} keys; ${longest(bucket)}`);
      expect(await bucket.verify()).toBeGreaterThan(KEYS_OF_CLIENT);
      await ledge.kill("SIGTERM");
      expect(await findings(ledge.dataFolder)).toEqual([]);
    },
  );
});
