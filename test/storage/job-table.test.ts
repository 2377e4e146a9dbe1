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
