import { rm } from "node:fs/promises";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { atRandom } from "../support/campaign.ts";
import { startLedge } from "../support/ledge-process.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { differences } from "./check.ts";
import { newLedger } from "./ledger.ts";
import { buildRecorder, record, survivors } from "./power-cut.ts";
import { sender } from "./requests.ts";
import { crashes, crashFolder } from "./rounds.ts";
import { makeBuckets, startWriters } from "./writers.ts";

const CUTS = crashes({ test: 3, campaign: 200 });
/** How many a server that loses what it acknowledged may survive by luck. */
const BITES = 10;
const MAX_LIFE_MS = atRandom({ test: 100, campaign: 400 });

const folder = await crashFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));
const recorder = buildRecorder(folder);
if (recorder === undefined) console.error("power cuts: skipped without Linux and cc");

describe.runIf(recorder !== undefined)("a power cut", () => {
  test(`nothing acknowledged is lost, and nothing is half there, after ${CUTS} power cuts`, async () => {
    expect(await cutPower({ name: "synced", cuts: CUTS })).toEqual([]);
  });

  test("is survived by nobody who does not sync, as --fsync false says", async () => {
    const wrong = await cutPower({ name: "unsynced", cuts: BITES, args: ["--fsync", "false"] });
    expect(wrong).not.toEqual([]);
  });

  test.for(["blobs/", ".sqlite-wal"])("finds out that %s is not synced", async (deaf) => {
    const env = { POWER_CUT_DEAF: deaf };
    expect(await cutPower({ name: `deaf-${deaf.slice(1, -1)}`, cuts: BITES, env })).not.toEqual([]);
  });
});

interface PowerCuts {
  /** Of the data folders. */
  readonly name: string;
  readonly cuts: number;
  /** Of the server. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** @returns what is wrong after the first cut after which anything is */
async function cutPower({
  name,
  cuts,
  args = [],
  env = {},
}: PowerCuts): Promise<readonly string[]> {
  const random = seededRandom(1);
  const never = (): boolean => false;
  const byChance = (): boolean => random(2) === 0;
  const ledger = newLedger();
  let dataFolder = path.join(folder, `${name}-0`);
  mkdirSync(dataFolder);
  for (let cut = 1; cut <= cuts + 1; cut += 1) {
    const recording = record(recorder ?? "", dataFolder, path.join(folder, "record"));
    const ledge = await startLedge({
      dataFolder,
      args,
      env: { ...recording.env, ...env },
      // What is overwritten goes at once, so that cuts fall into that, too.
      variables: { INDEX_SHARDS: "4", GARBAGE_DELAY_SECONDS: "0" },
    });
    try {
      const send = sender(ledge);
      if (cut === 1) await makeBuckets(send);
      const wrong = await differences(send, ledger);
      if (wrong.length > 0 || cut > cuts) return wrong.map((each) => `cut ${cut - 1}: ${each}`);
      const writers = startWriters(send, ledger, cut);
      await writers.first;
      await setTimeout(random(MAX_LIFE_MS));
      await writers.endWith(() => ledge.kill("SIGKILL"));
    } finally {
      await ledge.kill("SIGKILL");
    }
    const next = path.join(folder, `${name}-${cut}`);
    survivors(recording, next, byChance() ? never : byChance);
    await rm(dataFolder, { recursive: true, force: true });
    dataFolder = next;
  }
  return [];
}
