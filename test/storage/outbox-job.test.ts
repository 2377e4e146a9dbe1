import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { OutboxRow } from "../../src/storage/bucket-shard/outbox/outbox.ts";
import type { TargetKind } from "../../src/storage/bucket-shard/outbox/target-kind.ts";
import { putObject } from "../support/client.ts";
import { ONE, queueOf, TWO } from "../support/event-receiver.ts";
import { notifying } from "../support/notifying-bucket.ts";
import { outboxJob } from "../support/outbox-job.ts";
import { startClock } from "../support/shards.ts";
import { remove } from "../support/versions.ts";

const MINUTE_MS = 60_000;

beforeAll(startClock);
afterAll(() => {
  vi.useRealTimers();
});

function keysOf(rows: readonly OutboxRow[]): string {
  return rows.map(({ key }) => key).join();
}

test("a target that does not answer holds up neither another one nor the shard's other jobs", async () => {
  const world = await notifying(
    queueOf(ONE, ["s3:ObjectCreated:*"]) + queueOf(TWO, ["s3:ObjectRemoved:*"]),
  );
  const key = world.key("k");
  await putObject(world.bucket, key, "");
  const shard = env.BUCKET_INDEX.getByName(world.shard);
  await runInDurableObject(shard, async (_, { storage }) => {
    const calls: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const kind: TargetKind = {
      batchOf: () => 1,
      async deliver(target, rows) {
        calls.push(target);
        if (target === ONE) await promise;
        return rows.map(() => ({ ok: true }));
      },
      giveUp: () => undefined,
    };
    const job = outboxJob(storage, [["arn:", kind]], 0);
    expect(await job.run(0)).toBe(MINUTE_MS);
    await remove(world.bucket, key);
    // It does not end as long as the first target is silent, and looks again whether that was cut off.
    expect(await job.run(0)).toBe(MINUTE_MS);
    expect(calls).toEqual([ONE, TWO]);
    resolve();
    await vi.waitFor(() => expect(storage.sql.exec("SELECT id FROM outbox").toArray()).toEqual([]));
  });
});

test("what will never be taken is given up at once, and what another kind of target does is its own", async () => {
  const world = await notifying();
  const [first, second] = [world.key("first"), world.key("second")];
  await putObject(world.bucket, first, "");
  await putObject(world.bucket, second, "");
  const shard = env.BUCKET_INDEX.getByName(world.shard);
  await runInDurableObject(shard, async (_, { storage }) => {
    storage.sql.exec("UPDATE outbox SET target = 'replication/rule'");
    const calls: string[] = [];
    const kind: TargetKind = {
      batchOf: () => 2,
      async deliver(target, rows) {
        calls.push(`deliver ${target} ${keysOf(rows)}`);
        return [{ ok: true }, { ok: false, reason: "no", isFinal: true }];
      },
      taken: (_transaction, _target, rows) => void calls.push(`taken ${keysOf(rows)}`),
      giveUp: (_transaction, target, rows, reason) =>
        void calls.push(`giveUp ${target} ${keysOf(rows)} ${reason}`),
    };
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const job = outboxJob(storage, [["replication/", kind]], 1000);
    expect(await job.run(0)).toBeUndefined();
    await job.run(0);
    expect(warn.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toEqual([
      {
        event: "job",
        job: "outbox",
        shard: expect.any(String),
        outcome: "delayed",
        target: "replication/rule",
        delivered: 1,
        failed: 1,
        reason: "no",
      },
    ]);
    warn.mockRestore();
    expect(calls).toEqual([
      `deliver replication/rule ${first},${second}`,
      `taken ${first}`,
      `giveUp replication/rule ${second} no`,
    ]);
    expect(storage.sql.exec("SELECT id FROM outbox").toArray()).toEqual([]);
  });
});
