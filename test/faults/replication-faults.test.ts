import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { annotate, annotationsOf } from "../support/annotations.ts";
import { recordOf } from "../support/bucket-record.ts";
import { atRandom } from "../support/campaign.ts";
import { putObject } from "../support/client.ts";
import { advanceClock } from "../support/faults.ts";
import { replicatedPair, statusOf, versionsOf } from "../support/replication.ts";
import { runReplication, waiting, withFaults } from "../support/replication-world.ts";
import { audit, settleDown } from "../support/shard-census.ts";
import { startClock } from "../support/shards.ts";
import { put, remove } from "../support/versions.ts";

const BLOB = "b".repeat(20_000);
const HOUR_MS = 3_600_000;
/** Every one of them, in a campaign. */
const STRIDE = atRandom({ test: 4, campaign: 1 });

beforeAll(startClock);
afterAll(() => void vi.useRealTimers());

/** Versions of each kind that there is. */
async function fill(bucket: string): Promise<void> {
  await putObject(bucket, "blob", BLOB, { "x-amz-tagging": "k=v" });
  await annotate(`${bucket}/blob`, "note");
  await put(bucket, "inline", "first");
  await put(bucket, "inline", "second");
  await remove(bucket, "inline");
  await put(bucket, "inline", "third");
}

describe("whichever call of a delivery fails,", () => {
  test.for(["before", "after"] as const)(
    "%s its effect, each version arrives, and nothing is left behind",
    async (when) => {
      let at = 0;
      let calls = 1;
      // The first that fails may be the only one.
      for (; at < Math.max(calls, STRIDE + 1); at += STRIDE) {
        const { from, to } = await replicatedPair();
        await fill(from);
        const made = await withFaults([{ at, when }], () => runReplication([from]));
        calls = Math.max(calls, made);
        for (let round = 0; (await waiting([from])).length > 0; round += 1) {
          expect(round, `call ${at}`).toBeLessThan(20);
          advanceClock(HOUR_MS);
          await runReplication([from]);
        }
        expect(await versionsOf(to), `call ${at}`).toEqual(await versionsOf(from));
        expect(await annotationsOf(`${to}/blob`)).toEqual(["note"]);
        expect(await statusOf(from, "blob")).toBe("COMPLETED");
        const buckets = [await recordOf(from), await recordOf(to)];
        await settleDown(buckets);
        expect(await audit(buckets), `call ${at}`).toEqual([]);
      }
      expect(calls).toBeGreaterThan(4);
    },
  );
});
