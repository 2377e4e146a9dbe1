import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import operateMd from "../../docs/operate.md?raw";
import { spansOf } from "../../src/lib/spans.ts";
import { JOB_KINDS, JobTable } from "../../src/storage/bucket-shard/job-table.ts";
import { type Jobs, runDue } from "../../src/storage/bucket-shard/jobs/jobs.ts";
import { bucketIdOf, advanceClock } from "../support/faults.ts";
import { putObject, uniqueBucket } from "../support/client.ts";
import { jobLines } from "../support/job-lines.ts";
import { RecordedTracing } from "../support/recorded-tracing.ts";
import { inShard } from "../support/lifecycle-shard.ts";
import { keyInShard, runDueAlarm, startClock } from "../support/shards.ts";
import { remove } from "../support/versions.ts";

const DAY_MS = 86_400_000;

beforeAll(startClock);
afterAll(() => {
  vi.useRealTimers();
});

test("docs/operate.md says of each job but the growth's what it tells", () => {
  const rows = [...operateMd.matchAll(/^\| `([a-z-]+)` +\| /gm)].map(([, name]) => name);
  expect(rows).toEqual(expect.arrayContaining(JOB_KINDS.filter((kind) => kind !== "growth")));
});

test("blobs that nothing refers to are told of when they go, orphans as orphans, and nothing when there are none", async () => {
  const bucket = await uniqueBucket();
  const shard = `${await bucketIdOf(bucket)}/0`;
  const key = keyInShard(0, "k");
  await putObject(bucket, key, "x".repeat(20_000));
  await remove(bucket, key);
  // The fence is behind it: nobody commits it any more.
  await env.BLOBS.put(`${shard}/00000000000000000000000000`, "x");
  advanceClock(3 * DAY_MS);
  const run = () => runDueAlarm(shard, 1);
  expect(await jobLines(run)).toEqual([
    { level: "log", job: "garbage", outcome: "done", blobs: 1, otherContents: 0 },
    { level: "log", job: "sweep", outcome: "done", orphans: 1 },
  ]);
  advanceClock(3 * DAY_MS);
  expect(await jobLines(run)).toEqual([]);
});

test.for(JOB_KINDS)("a job that throws is told of, whichever it is: %s", async (kind) => {
  await inShard(async ({ shard, sql }) => {
    const storage = { sql, setAlarm: async () => undefined } as unknown as DurableObjectStorage;
    const table = new JobTable(storage);
    table.schedule(kind, 0);
    const fails = async (): Promise<never> => {
      throw new Error("no");
    };
    const jobs = Object.fromEntries(JOB_KINDS.map((name) => [name, fails])) as unknown as Jobs;
    const lines = await jobLines(() => runDue(shard.state.name, table, jobs, 0));
    expect(lines).toEqual([{ level: "error", job: kind, outcome: "failed", reason: "Error: no" }]);
  });
});

test("each job of an alarm is a span of its trace", async () => {
  await inShard(async ({ sql }) => {
    const storage = { sql, setAlarm: async () => undefined } as unknown as DurableObjectStorage;
    const table = new JobTable(storage);
    const kinds = ["garbage", "lifecycle"] as const;
    for (const kind of kinds) table.schedule(kind, 0);
    const ends = async (): Promise<undefined> => undefined;
    const jobs = Object.fromEntries(JOB_KINDS.map((name) => [name, ends])) as unknown as Jobs;
    const tracing = new RecordedTracing();
    await runDue("bucket/0", table, jobs, 0, spansOf({ tracing }));
    expect(tracing.names).toEqual(["job.garbage", "job.lifecycle"]);
  });
});
