import { rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { IS_CAMPAIGN } from "../support/campaign.ts";
import { findings } from "../support/check-folder.ts";
import { startLedge } from "../support/ledge-process.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { differences } from "./check.ts";
import { leftovers } from "./leftovers.ts";
import { newLedger } from "./ledger.ts";
import { sender } from "./requests.ts";
import { crashes, crashFolder } from "./rounds.ts";
import { makeBuckets, startWriters } from "./writers.ts";

const KILLS = crashes({ test: 3, campaign: 1000 });
const MAX_LIFE_MS = 150;

/** A sweep looks for what is a minute old, and runs each minute. */
const variables = { INDEX_SHARDS: "4", ORPHAN_AGE_SECONDS: "60", GARBAGE_DELAY_SECONDS: "1" };
const SWEEP_PATIENCE_S = 200;

/** At a server that is written to. */
const LOOKS = 5;

const folder = await crashFolder();
const dataFolder = path.join(folder, "data");
afterAll(() => rm(folder, { recursive: true, force: true }));

test(`nothing acknowledged is lost, and nothing is half there, when the server is killed ${KILLS} times`, async () => {
  const random = seededRandom(1);
  const ledger = newLedger();
  let ledge = await startLedge({ dataFolder, variables });
  try {
    await makeBuckets(sender(ledge));
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const writers = startWriters(sender(ledge), ledger, kill);
      await writers.first;
      await setTimeout(random(MAX_LIFE_MS));
      await writers.endWith(() => ledge.kill("SIGKILL"));
      ledge = await startLedge({ dataFolder, variables });
      expect(await differences(sender(ledge), ledger), `after kill ${kill}`).toEqual([]);
    }
    expect(ledger.acknowledged).toBeGreaterThan(KILLS);
    // Orphans of killed uploads wait for the sweep, and are no damage.
    await ledge.kill("SIGKILL");
    expect(await findings(dataFolder, { isDeep: IS_CAMPAIGN })).toEqual([]);
  } finally {
    await ledge.kill("SIGTERM");
  }
});

test.runIf(IS_CAMPAIGN)("a server in which others write is found to be undamaged", async () => {
  const ledge = await startLedge({ dataFolder, variables });
  try {
    const place = {
      dataFolder: undefined,
      settings: {},
      endpoint: ledge.endpoint,
      region: "us-east-1",
    };
    const writers = startWriters(sender(ledge), newLedger(), KILLS + 1);
    await writers.first;
    for (let look = 0; look < LOOKS; look += 1)
      // The first reads all bytes; what is written meanwhile would keep the others at it for ever longer.
      expect(await findings({ ...place, ...ledge.credentials }, { isDeep: look === 0 })).toEqual(
        [],
      );
    await writers.endWith(() => ledge.kill("SIGKILL"));
    expect(await findings(dataFolder)).toEqual([]);
  } finally {
    await ledge.kill("SIGTERM");
  }
});

test.runIf(IS_CAMPAIGN)("what the killed servers left behind is swept away", async () => {
  let left: readonly string[] = [];
  for (let waited = 0; waited < SWEEP_PATIENCE_S; waited += 10) {
    const ledge = await startLedge({ dataFolder, variables });
    await setTimeout(10_000);
    await ledge.kill("SIGTERM");
    left = leftovers(dataFolder);
    if (left.length === 0) return;
  }
  expect(left).toEqual([]);
});
