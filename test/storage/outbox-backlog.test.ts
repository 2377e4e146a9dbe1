import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { bury, redrive } from "../../src/storage/bucket-shard/outbox/dead-letters.ts";
import {
  outboxOldestMs,
  outboxPending,
} from "../../src/storage/bucket-shard/outbox/outbox-figures.ts";
import type { TargetKind } from "../../src/storage/bucket-shard/outbox/target-kind.ts";
import type { Transaction } from "../../src/storage/bucket-shard/transaction.ts";
import scaleMd from "../../docs/scale.md?raw";
import { countSql } from "../support/counting-sql.ts";
import { outboxJob } from "../support/outbox-job.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const TARGET = "arn:one";

beforeAll(() => {
  for (const level of ["error", "log", "warn"] as const) vi.spyOn(console, level).mockReturnValue();
});
beforeEach(() => {
  lastId = 0;
});
afterAll(() => {
  vi.restoreAllMocks();
});

/** A target, and whatever it was sent: `key id`, with `!` before what it did not take. */
interface Target extends TargetKind {
  readonly calls: string[];
  takes: (key: string) => boolean;
  deliver: TargetKind["deliver"];
}

function targetOf(takes: (key: string) => boolean): Target {
  const target: Target = {
    calls: [],
    takes,
    batchOf: () => 1,
    async deliver(_, rows) {
      return rows.map(({ key, id }) => {
        const ok = target.takes(key);
        target.calls.push(`${ok ? "" : "!"}${key} ${id}`);
        return ok ? { ok } : { ok, reason: "no" };
      });
    },
    giveUp: ({ sql }, name, rows, reason) => bury(sql, name, rows, reason),
  };
  return target;
}

let lastId = 0;

/** Rows of keys, in this order. */
function put(sql: SqlStorage, keys: readonly string[], emittedMs = 0): void {
  sql.exec(
    `INSERT INTO outbox (target, id, key, emitted_ms, attempts, record)
     SELECT ?, ? + key, value, ?, 0, '{}' FROM json_each(?)`,
    TARGET,
    lastId + 1,
    emittedMs,
    JSON.stringify(keys),
  );
  lastId += keys.length;
}

function repeat(key: string, count: number): readonly string[] {
  return Array.from({ length: count }, () => key);
}

function inShard(
  name: string,
  run: (storage: DurableObjectStorage) => Promise<void>,
): Promise<void> {
  return runInDurableObject(env.BUCKET_INDEX.getByName(`${name}/0`), (_, { storage }) =>
    run(storage),
  );
}

function redriveAt(sql: SqlStorage, nowMs: number): number {
  return redrive({ sql, nowMs, schedule: () => undefined } as unknown as Transaction);
}

test("a key of which thousands of events are not taken does not hold up other keys of its target", () =>
  inShard("poisoned-key", async (storage) => {
    const { sql } = storage;
    put(sql, [...repeat("bad", 3500), "good", "bad", "good"]);
    const target = targetOf((key) => key !== "bad");
    const { sql: counted, cost } = countSql(sql);
    const job = outboxJob(storage, [["arn:", target]], 1000, counted, 10_000);
    let most = 0;
    for (let turn = 0; turn < 6; turn += 1) {
      const before = cost().rowsRead;
      await job.run(100);
      // The second run counts them, once.
      if (turn > 1) most = Math.max(most, cost().rowsRead - before);
    }
    expect(target.calls).toEqual(["!bad 1", "good 3501", "good 3503"]);
    expect(most).toBeLessThan(2300);
    // In their order, once the first of them is taken.
    target.takes = () => true;
    target.calls.length = 0;
    for (let turn = 0; turn < 80; turn += 1) await job.run(HOUR_MS);
    const ids = target.calls.map((call) => Number(call.split(" ")[1]));
    expect(ids).toEqual([...Array.from({ length: 3500 }, (_, i) => i + 1), 3502]);
    expect(sql.exec("SELECT * FROM outbox_backlog").toArray()).toEqual([]);
  }));

test("a few keys that are not taken do not pass for a target that is dead", () =>
  inShard("poisoned-probe", async (storage) => {
    const { sql } = storage;
    const bad = ["a", "b", "c", "d", "e"];
    put(sql, [...bad, ...bad]);
    const target = targetOf((key) => key === "good");
    const job = outboxJob(storage, [["arn:", target]], 1000);
    await job.run(100);
    expect(sql.exec("SELECT failures FROM outbox_target").toArray()).toEqual([{ failures: 5 }]);
    put(sql, ["good"]);
    await job.run(2 * MINUTE_MS);
    expect(target.calls.filter((call) => !call.startsWith("!"))).toEqual(["good 11"]);
    expect(sql.exec("SELECT * FROM outbox_target").toArray()).toEqual([]);
  }));

test("a target that is dead costs no look at each row that waits, and its limit holds however many come", () =>
  inShard("dead-target", async (storage) => {
    const { sql } = storage;
    put(
      sql,
      Array.from({ length: 4000 }, (_, i) => `k${i}`),
    );
    const { sql: counted, cost } = countSql(sql);
    const job = outboxJob(storage, [["arn:", targetOf(() => false)]], 1000, counted, 5000);
    await job.run(100);
    const first = cost();
    await job.run(2 * MINUTE_MS);
    const { rowsRead, rowsWritten } = cost();
    const [, read, written] = /^(\d+) rows read and (\d+) written a minute/m.exec(scaleMd) ?? [];
    expect([rowsRead - first.rowsRead, rowsWritten - first.rowsWritten]).toEqual([
      Number(read),
      Number(written),
    ]);
    put(sql, repeat("k", 4500));
    const due: number[] = [];
    for (let turn = 0; turn < 4; turn += 1)
      if ((await job.run(2 * MINUTE_MS)) === undefined) due.push(outboxPending(sql));
    expect(due).toEqual([7500, 6500, 5500, 5000]);
    expect(
      sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM dead_letter").one().count,
    ).toBe(1000);
  }));

test("the oldest event that waits is as old as what it tells of, after it was delivered anew as well", () =>
  inShard("redriven", async (storage) => {
    const { sql } = storage;
    const target = targetOf(() => false);
    const job = outboxJob(storage, [["arn:", target]], 1000);
    put(sql, ["k"], HOUR_MS);
    await job.run(30 * HOUR_MS);
    expect(outboxPending(sql)).toBe(0);
    put(sql, ["k"], 30 * HOUR_MS);
    expect(outboxOldestMs(sql, 31 * HOUR_MS)).toBe(HOUR_MS);
    expect(redriveAt(sql, 31 * HOUR_MS)).toBe(1);
    expect(outboxOldestMs(sql, 32 * HOUR_MS)).toBe(31 * HOUR_MS);
    // And it gets as long as any other.
    await job.run(32 * HOUR_MS);
    expect(outboxPending(sql)).toBe(2);
  }));

/** A run whose first delivery is under way while dead letters are delivered anew. */
function redrivenMeanwhile(sql: SqlStorage, takes: (key: string) => boolean): Target {
  const target = targetOf(takes);
  const { deliver } = target;
  let isRedriven = false;
  target.deliver = async (...given) => {
    if (!isRedriven) redriveAt(sql, 100);
    isRedriven = true;
    return deliver(...given);
  };
  return target;
}

function buryRow(sql: SqlStorage, id: number): void {
  bury(sql, TARGET, [{ id }], "no");
  sql.exec("DELETE FROM outbox WHERE id = ?", id);
}

test("what is delivered anew during a delivery goes before what follows that of its key", () =>
  inShard("redriven-in-order", async (storage) => {
    const { sql } = storage;
    put(sql, ["k", "k", "k", "other", "k"]);
    buryRow(sql, 1);
    const target = redrivenMeanwhile(sql, () => true);
    const job = outboxJob(storage, [["arn:", target]], 1000);
    for (let turn = 0; turn < 5; turn += 1) await job.run(100);
    const ofKey = target.calls.filter((call) => call.startsWith("k"));
    expect(ofKey).toEqual(["k 2", "k 1", "k 3", "k 5"]);
    expect(target.calls).toContain("other 4");
    expect(outboxPending(sql)).toBe(0);
  }));

test.for(["good", "bad"])(
  "what is delivered anew, of %s, is not lost behind what waits for another try by then",
  (key) =>
    inShard(`redriven-behind-${key}`, async (storage) => {
      const { sql } = storage;
      put(sql, [...repeat("bad", 50), key, ...repeat("bad", 200)]);
      buryRow(sql, 51);
      const target = redrivenMeanwhile(sql, (each) => each !== "bad");
      const job = outboxJob(storage, [["arn:", target]], 1000, sql, 10_000);
      await job.run(100);
      await job.run(100);
      expect(target.calls.includes("good 51")).toBe(key === "good");
      target.takes = () => true;
      for (let turn = 0; turn < 10; turn += 1) await job.run(HOUR_MS);
      const taken = target.calls
        .filter((call) => call.startsWith("bad"))
        .map((call) => call.slice(4));
      expect(taken.map(Number)).toEqual(taken.map(Number).toSorted((a, b) => a - b));
      expect(outboxPending(sql)).toBe(0);
    }),
);

test("how many events wait is exact, whatever is taken, fails, is given up, and is delivered anew", () =>
  inShard("kept-number", async (storage) => {
    const { sql } = storage;
    let seed = 5;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const target = targetOf(() => true);
    const job = outboxJob(storage, [["arn:", target]], 1000, sql, 2500);
    let nowMs = 0;
    const kept = new Set<number>();
    for (let step = 0; step < 60; step += 1) {
      nowMs += random(3) * HOUR_MS;
      const share = random(3);
      target.takes = (key) => share === 1 || (share === 2 && random(20) !== Number(key) % 20);
      if (random(3) > 0) {
        const keys = Array.from({ length: random(900) }, () => String(random(40)));
        put(sql, random(4) === 0 ? repeat("bad", 700) : keys, nowMs);
      }
      if (random(9) === 0) redriveAt(sql, nowMs);
      await job.run(nowMs);
      const { count } = sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM outbox").one();
      expect(outboxPending(sql)).toBe(count);
      const [row] = sql.exec<{ count: number }>("SELECT count FROM outbox_backlog").toArray();
      if (row !== undefined) kept.add(row.count);
    }
    expect(kept.size).toBeGreaterThan(10);
    expect(new Set(target.calls).size).toBeGreaterThan(1000);
  }));
