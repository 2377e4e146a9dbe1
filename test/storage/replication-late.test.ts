import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { EventReceiver, notify, ONE, queueOf } from "../support/event-receiver.ts";
import { advanceClock } from "../support/faults.ts";
import { replicatedPair, statusOf, versionsOf } from "../support/replication.ts";
import { runReplication, waiting, withFaults } from "../support/replication-world.ts";
import { startClock } from "../support/shards.ts";
import { put } from "../support/versions.ts";

const MINUTE_MS = 60_000;
const TIMED = `<ReplicationTime><Status>Enabled</Status><Time><Minutes>15</Minutes></Time></ReplicationTime>
  <Metrics><Status>Enabled</Status><EventThreshold><Minutes>15</Minutes></EventThreshold></Metrics>`;
const KEYS = ["a", "b", "c"];

const receiver = new EventReceiver();
beforeAll(() => {
  receiver.listen();
  startClock();
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Nothing arrives anywhere, however often it is tried. */
function failing(bucket: string, rounds: number): Promise<number> {
  const faults = Array.from({ length: 100 }, (_, at) => ({ at, when: "before" as const }));
  return withFaults(faults, async () => {
    for (let round = 0; round < rounds; round += 1) {
      advanceClock(MINUTE_MS);
      await runReplication([bucket]);
    }
  });
}

async function settle(bucket: string): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    advanceClock(MINUTE_MS);
    await runReplication([bucket]);
  }
}

/** The keys, each as often as it was told of. */
function toldOf(bucket: string, kind: string): string[] {
  return receiver
    .recordsOf(bucket)
    .filter(({ eventName }) => eventName === `Replication:${kind}`)
    .map(({ s3 }) => String(s3.object["key"]))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

test("each version that is late is told of once, though its destination is left alone, and again when it has arrived", async () => {
  const { from } = await replicatedPair({ destination: TIMED });
  await notify(from, queueOf(ONE, ["s3:Replication:*"]));
  for (const key of KEYS) await put(from, key, key);
  await failing(from, 10);
  expect(receiver.recordsOf(from)).toEqual([]);
  await failing(from, 10);
  expect(toldOf(from, "OperationMissedThreshold")).toEqual(KEYS);
  await settle(from);
  expect(toldOf(from, "OperationMissedThreshold")).toEqual(KEYS);
  expect(toldOf(from, "OperationReplicatedAfterThreshold")).toEqual(KEYS);
  const arrived = receiver.recordsOf(from).at(-1);
  expect(arrived).toMatchObject({
    replicationEventData: {
      threshold: "PT900S",
      replicationTime: expect.stringMatching(/^PT1[2-9]\d\d(\.\d+)?S$/),
    },
  });
});

test("of more versions than may wait, those that were dropped are found when the destination is back", async () => {
  const limit = Number(env.OUTBOX_LIMIT);
  const { from, to } = await replicatedPair();
  for (let i = 0; i < limit + 12; i += 1) await put(from, `k${i % 7}`, `version ${i}`);
  await failing(from, 8);
  expect(await waiting([from])).toHaveLength(limit);
  expect(await versionsOf(to)).toEqual([]);
  expect(await statusOf(from, "k0")).toBe("PENDING");
  await settle(from);
  expect(await versionsOf(to)).toEqual(await versionsOf(from));
  expect(await versionsOf(to)).toHaveLength(limit + 12);
  expect(await statusOf(from, "k0")).toBe("COMPLETED");
  expect(await waiting([from])).toEqual([]);
});
