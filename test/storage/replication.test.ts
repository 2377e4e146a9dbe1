import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { elements, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { putDocument } from "../support/documents.ts";
import { EventReceiver, notify, ONE, queueOf } from "../support/event-receiver.ts";
import { advanceClock, bucketIdOf } from "../support/faults.ts";
import {
  head,
  putReplication,
  replicate,
  replicatedPair,
  ruleTo,
  statusOf,
  versionsOf,
} from "../support/replication.ts";
import { runReplication, waiting, withFaults } from "../support/replication-world.ts";
import { query, shardNames, startClock } from "../support/shards.ts";
import { put, putVersion, remove, setVersioning, versionedBucket } from "../support/versions.ts";

const DAY_MS = 86_400_000;
const EXISTING = "<ExistingObjectReplication><Status>Enabled</Status></ExistingObjectReplication>";
const METRICS = "<Metrics><Status>Enabled</Status></Metrics>";

const receiver = new EventReceiver();
beforeAll(() => {
  receiver.listen();
  startClock();
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Has everything delivered that can be, scans included. */
async function settle(...buckets: readonly string[]): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    advanceClock(3000);
    await runReplication(buckets);
  }
}

function resync(bucket: string): Promise<Response> {
  return signedFetch("POST", `/_ledge/buckets/${bucket}/replication/resync`);
}

async function failedCount(bucket: string): Promise<number> {
  const counts = shardNames(await bucketIdOf(bucket)).map((name) =>
    query<{ count: number }>(name, "SELECT failed_count AS count FROM replication_target"),
  );
  return (await Promise.all(counts)).flat().reduce((sum, { count }) => sum + count, 0);
}

test("what a destination will not take has failed, and comes in its place after a resync", async () => {
  const { from, to } = await replicatedPair({ destination: METRICS });
  await notify(from, queueOf(ONE, ["s3:Replication:*"]));
  await setVersioning(to, "Suspended");
  await put(from, "k", "first");
  await putVersion(from, "k", "second", { "x-amz-meta-a": "b" });
  await settle(from);
  expect(await statusOf(from, "k")).toBe("FAILED");
  expect(await failedCount(from)).toBe(2);
  const [told] = receiver.recordsOf(from);
  expect(told).toMatchObject({
    eventVersion: "2.2",
    eventName: "Replication:OperationFailedReplication",
    replicationEventData: {
      replicationRuleId: `to-${to}`,
      destinationBucket: `arn:aws:s3:::${to}`,
      s3Operation: "OBJECT_PUT",
      failureReason: "DstBucketUnversioned",
    },
  });
  await setVersioning(to, "Enabled");
  await put(from, "k", "third");
  await settle(from);
  expect(await versionsOf(to)).toHaveLength(1);
  const answer = await resync(from);
  expect([answer.status, await answer.json()]).toEqual([200, { destinations: 1 }]);
  await settle(from);
  expect(await versionsOf(to)).toEqual(await versionsOf(from));
  expect(await statusOf(from, "k")).toBe("COMPLETED");
  expect(await (await signedFetch("GET", `/${to}/k`)).text()).toBe("third");
});

test("what has been redriven as a dead letter comes in its place, too", async () => {
  const { from, to } = await replicatedPair();
  await setVersioning(to, "Suspended");
  await put(from, "k", "first");
  await remove(from, "k");
  await settle(from);
  await setVersioning(to, "Enabled");
  await put(from, "k", "second");
  await settle(from);
  const redriven = await signedFetch("POST", `/_ledge/buckets/${from}/dead-letters/redrive`);
  expect(await redriven.json()).toEqual({ redriven: 2 });
  await settle(from);
  expect(await versionsOf(to)).toEqual(await versionsOf(from));
});

test("a destination that fails for a day is given up, and its bucket's end is told at once", async () => {
  const { from, to } = await replicatedPair();
  await put(from, "k", "1");
  await withFaults(
    Array.from({ length: 50 }, (_, at) => ({ at, when: "before" as const })),
    () => runReplication([from]),
  );
  expect(await waiting([from])).toHaveLength(1);
  expect(await statusOf(from, "k")).toBe("PENDING");
  await withFaults(
    Array.from({ length: 50 }, (_, at) => ({ at, when: "before" as const })),
    async () => {
      advanceClock(DAY_MS);
      await runReplication([from]);
    },
  );
  expect(await statusOf(from, "k")).toBe("FAILED");
  await signedFetch("DELETE", `/${to}`);
  await put(from, "other", "2");
  await settle(from);
  expect(await statusOf(from, "other")).toBe("FAILED");
});

test("versions that are removed before they go are left out, and their bucket need not wait", async () => {
  const { from, to } = await replicatedPair();
  const id = await putVersion(from, "gone", "1");
  await remove(from, "gone", id);
  expect((await signedFetch("DELETE", `/${from}`)).status).toBe(204);
  await put(to, "mine", "2");
  expect(await versionsOf(to)).toHaveLength(1);
});

test("what was there before goes along if the rule says so, versions without ids, too", async () => {
  const [from, to] = [await uniqueBucket(), await versionedBucket()];
  await put(from, "null", "before versions");
  await setVersioning(from, "Enabled");
  for (let i = 0; i < 3; i += 1) await put(from, "k", `version ${i}`);
  await remove(from, "k");
  await putObject(from, "tagged", "x", { "x-amz-tagging": "k=v" });
  await replicate(from, ruleTo(to));
  await settle(from);
  expect(await versionsOf(to)).toEqual([]);
  await replicate(from, ruleTo(to, { also: EXISTING }));
  await settle(from);
  expect(await versionsOf(to)).toEqual(await versionsOf(from));
  expect(await statusOf(from, "tagged")).toBe("COMPLETED");
  expect(await statusOf(to, "null")).toBe("REPLICA");
  const tagging = await signedFetch("GET", `/${to}/tagged`, { query: { tagging: "" } });
  expect(elements(await tagging.text(), "Value")).toEqual(["v"]);
});

test("another object without a version id is not replaced by one from before", async () => {
  const [from, to] = [await uniqueBucket(), await uniqueBucket()];
  for (const bucket of [from, to]) {
    await put(bucket, "k", `of ${bucket}`);
    await setVersioning(bucket, "Enabled");
  }
  await replicate(from, ruleTo(to, { also: EXISTING }));
  await settle(from);
  expect(await statusOf(from, "k")).toBe("FAILED");
  expect(await (await signedFetch("GET", `/${to}/k`)).text()).toBe(`of ${to}`);
});

test("what is pending and nowhere in the outbox is found, and arrives in its order", async () => {
  const { from, to } = await replicatedPair();
  for (let i = 0; i < 3; i += 1) await put(from, "k", `version ${i}`);
  // As when too much waits: the oldest are dropped, unread.
  const oldest = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 2)";
  for (const name of shardNames(await bucketIdOf(from))) await query(name, oldest);
  await settle(from);
  expect(await versionsOf(to)).toHaveLength(1);
  await resync(from);
  await settle(from);
  expect(await versionsOf(to)).toEqual(await versionsOf(from));
  expect(await statusOf(from, "k")).toBe("COMPLETED");
});

test("what a full shard has no room to write down goes when there is room again", async () => {
  const [from, to] = [await versionedBucket(), await versionedBucket()];
  for (const key of ["a", "b", "c"]) await put(from, key, key);
  await replicate(from, ruleTo(to, { also: EXISTING }));
  for (const name of shardNames(await bucketIdOf(from)))
    await runInDurableObject(env.BUCKET_INDEX.getByName(name), async (_, state) => {
      await new BucketIndexObject(state, { ...env, SHARD_LIMIT_BYTES: "1" }).alarm();
    });
  expect(await waiting([from])).toEqual([]);
  advanceClock(60_000);
  await settle(from);
  expect(await versionsOf(to)).toEqual(await versionsOf(from));
  expect(await statusOf(from, "b")).toBe("COMPLETED");
});

test("a bucket with rules keeps its versioning, and a bucket without refuses them", async () => {
  const { from, to } = await replicatedPair();
  const suspended = await putDocument(
    `/${from}`,
    { versioning: "" },
    "VersioningConfiguration",
    "<Status>Suspended</Status>",
  );
  expect(suspended.status).toBe(409);
  expect(elements(await suspended.text(), "Code")).toEqual(["InvalidBucketState"]);
  const self = await putReplication(from, ruleTo(from));
  expect(elements(await self.text(), "Message")).toEqual([
    "Destination bucket cannot be the same as the source bucket.",
  ]);
  const elsewhere = await putReplication(
    from,
    ruleTo(to, { destination: "<Account>999999999999</Account>" }),
  );
  expect(elsewhere.status).toBe(400);
  expect((await head(to, "none")).status).toBe(404);
});
