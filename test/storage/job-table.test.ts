import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { JobTable } from "../../src/storage/bucket-shard/job-table.ts";

test("a job whose transaction did not commit is scheduled anew", async () => {
  const shard = env.BUCKET_INDEX.getByName("job-table/0");
  await runInDurableObject(shard, async (_, { storage }) => {
    const jobs = new JobTable(storage);
    const dueMs = Date.now() + 3_600_000;
    const failed = (): void => {
      storage.transactionSync(() => {
        jobs.schedule("garbage", dueMs);
        throw new Error("disk full");
      });
    };
    expect(failed).toThrow("disk full");
    jobs.forget();
    jobs.schedule("garbage", dueMs + 1);
    const rows = storage.sql.exec("SELECT * FROM job WHERE kind = 'garbage'").toArray();
    expect(rows).toEqual([{ kind: "garbage", due_ms: dueMs + 1 }]);
    expect(await storage.getAlarm()).toBe(dueMs + 1);
  });
});

test("what is scheduled while the alarm rings does not take its place, should the shard die meanwhile", async () => {
  const shard = env.BUCKET_INDEX.getByName("job-table/1");
  await runInDurableObject(shard, async (_, { storage }) => {
    await storage.deleteAlarm();
    const jobs = new JobTable(storage);
    const nowMs = Date.now() + 3_600_000;
    jobs.schedule("growth", nowMs);
    expect(await storage.getAlarm()).toBe(nowMs);
    jobs.ring();
    expect(jobs.takeDue("growth", nowMs)).toBe(true);
    jobs.schedule("garbage", nowMs + 60_000);
    expect(await storage.getAlarm()).toBe(nowMs);
    jobs.settle("growth", nowMs);
    jobs.rest(nowMs);
    // Later than the one that rang: the runtime deletes what is set to its time.
    expect(await storage.getAlarm()).toBe(nowMs + 1);
  });
});
