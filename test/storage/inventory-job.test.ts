import { expect, test } from "vitest";
import { reportInventory } from "../../src/storage/bucket-shard/jobs/inventory-job.ts";
import { nextReportMs } from "../../src/storage/bucket-shard/inventory/next-report.ts";
import type { Transact } from "../../src/storage/bucket-shard/transaction.ts";
import type {
  InventoryCursor,
  InventoryFile,
  InventoryStep,
} from "../../src/storage/ports/inventory.ts";
import { jobLines } from "../support/job-lines.ts";
import { DAY_MS, inShard, type TimedShard } from "../support/lifecycle-shard.ts";

const DOCUMENT = {
  Id: "daily",
  IsEnabled: true,
  IncludedObjectVersions: "All",
  Schedule: { Frequency: "Daily" },
  Destination: { S3BucketDestination: { Bucket: "arn:aws:s3:::target", Format: "CSV" } },
  source: { bucket: "source", accountId: "000000000000", ownerId: "owner" },
};

/** Three files of two shards, and a manifest. */
const AFTER: Readonly<Record<string, InventoryCursor | undefined>> = {
  "0/": { shard: 0, after: "m" },
  "0/m": { shard: 1, after: "" },
  "1/": undefined,
};

/** Engines that write files of their own names. */
class Reports {
  written = 0;
  readonly manifests: (readonly InventoryFile[])[] = [];
  failure: Exclude<InventoryStep, { kind: "done" }> | undefined;

  async writeInventoryFile(
    _run: unknown,
    { shard, after }: InventoryCursor,
  ): Promise<InventoryStep> {
    if (this.failure !== undefined) return this.failure;
    this.written += 1;
    const file = { key: `${shard}/${after}#${this.written}`, size: 1, MD5checksum: "" };
    const next = AFTER[`${shard}/${after}`];
    return next === undefined ? { kind: "done", file } : { kind: "done", file, next };
  }

  async finishInventory(_run: unknown, files: readonly InventoryFile[]) {
    this.manifests.push(files);
    return { kind: "done" } as const;
  }
}

/** Runs the job for as long as it wants to go on at once. @returns when it wants to run again */
async function run(
  shard: TimedShard,
  reports: Reports,
  transact: Transact = (effect) => shard.do(effect),
): Promise<number | undefined> {
  for (;;) {
    const next = await reportInventory(shard.shard, () => reports, shard.nowMs, transact);
    if (next !== shard.nowMs) return next;
  }
}

const rowsOf = ({ sql }: TimedShard, table: string): number =>
  sql.exec<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`).one().count;

function configured(shard: TimedShard): Reports {
  shard.configure({ "inventory/daily": DOCUMENT });
  return new Reports();
}

test("a report is its files, one after the other, and then the manifest", () =>
  inShard(async (shard) => {
    const reports = configured(shard);
    const due = await run(shard, reports);
    expect(reports.written).toBe(0);
    shard.nowMs = due ?? 0;
    const told = await jobLines(async () =>
      expect(await run(shard, reports)).toBe((due ?? 0) + DAY_MS),
    );
    const line = { level: "log", job: "inventory", outcome: "done", id: "daily" };
    const file = { ...line, files: 1, fileBytes: 1 };
    expect(told).toEqual([file, file, file, { ...line, reports: 1 }]);
    expect(reports.manifests.map((files) => files.map(({ key }) => key))).toEqual([
      ["0/#1", "0/m#2", "1/#3"],
    ]);
    expect(rowsOf(shard, "inventory_file")).toBe(0);
  }));

test("wherever the shard dies, the report is complete in the end, and has each stretch of keys once", async () => {
  // Of the configuration's row, the beginning, three files, and the end.
  for (let death = 1; death <= 6; death += 1)
    await inShard(async (shard) => {
      const reports = configured(shard);
      shard.nowMs = (await run(shard, reports)) ?? 0;
      let commits = 0;
      const dies: Transact = (effect) => {
        commits += 1;
        if (commits === death) throw new Error("the shard dies");
        return shard.do(effect);
      };
      await run(shard, reports, dies).catch(() => undefined);
      await run(shard, reports);
      const [files, ...others] = reports.manifests.slice(-1);
      expect(others).toEqual([]);
      const stretches = files?.map(({ key }) => key.slice(0, key.indexOf("#")));
      expect(stretches, `death ${death}`).toEqual(["0/", "0/m", "1/"]);
    });
});

test("a report whose destination fails goes on later, and one that it refuses is given up until the next day", () =>
  inShard(async (shard) => {
    const reports = configured(shard);
    const due = (await run(shard, reports)) ?? 0;
    shard.nowMs = due;
    reports.failure = { kind: "retry", reason: "down" };
    const told = await jobLines(async () => {
      expect(await run(shard, reports)).toBe(due + 60_000);
      reports.failure = { kind: "refused", reason: "AccessDenied" };
      shard.nowMs += 60_000;
      expect(await run(shard, reports)).toBe(due + DAY_MS);
    });
    const line = { job: "inventory", id: "daily" };
    expect(told).toEqual([
      { ...line, level: "warn", outcome: "delayed", reason: "down" },
      { ...line, level: "error", outcome: "given up", reason: "AccessDenied" },
    ]);
    expect(reports.manifests).toEqual([]);
    reports.failure = undefined;
    shard.nowMs = due + DAY_MS;
    await run(shard, reports);
    expect(reports.manifests).toHaveLength(1);
  }));

test("an inventory that is deleted leaves nothing behind, a report under way neither", () =>
  inShard(async (shard) => {
    const reports = configured(shard);
    shard.nowMs = (await run(shard, reports)) ?? 0;
    for (let step = 0; step < 2; step += 1)
      await reportInventory(
        shard.shard,
        () => reports,
        shard.nowMs,
        (effect) => shard.do(effect),
      );
    expect(rowsOf(shard, "inventory_file")).toBe(1);
    shard.configure({});
    expect(await run(shard, reports)).toBeUndefined();
    expect(rowsOf(shard, "inventory") + rowsOf(shard, "inventory_file")).toBe(0);
  }));

test("reports are due within the first hour of a day, weekly ones of a Sunday, and each once", () => {
  const nowMs = Date.UTC(2026, 10, 26, 21);
  for (const name of ["a/0", "b/0", "01JABC/0"]) {
    const daily = nextReportMs(DAY_MS, name, "Daily", nowMs);
    expect(daily - Date.UTC(2026, 10, 27)).toBeGreaterThanOrEqual(0);
    expect(daily - Date.UTC(2026, 10, 27)).toBeLessThan(3_600_000);
    expect(nextReportMs(DAY_MS, name, "Daily", daily)).toBe(daily + DAY_MS);
    const weekly = nextReportMs(DAY_MS, name, "Weekly", nowMs);
    expect(new Date(weekly).getUTCDay()).toBe(0);
    expect(weekly - nowMs).toBeLessThan(7 * DAY_MS);
    expect(nextReportMs(DAY_MS, name, "Weekly", weekly)).toBe(weekly + 7 * DAY_MS);
  }
  expect(nextReportMs(5000, "a/0", "Daily", nowMs)).toBe(nowMs + 5000);
});
