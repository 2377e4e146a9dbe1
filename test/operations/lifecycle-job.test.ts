import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { elements, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { advanceClock, bucketIdOf } from "../support/faults.ts";
import { rule, setLifecycle } from "../support/lifecycle.ts";
import { query, runDueAlarm, shardNames, startClock } from "../support/shards.ts";
import { storedRule } from "../support/stored-rule.ts";

afterEach(() => void vi.useRealTimers());

const status = async (bucket: string, key: string): Promise<number> =>
  (await signedFetch("HEAD", `/${bucket}/${key}`)).status;

async function pass(days: number, bucket: string): Promise<void> {
  advanceClock(days * 86_400_000);
  const shards = shardNames(await bucketIdOf(bucket));
  // A scan takes several slices, with some time between them.
  for (let slice = 0; slice < 4; slice += 1) {
    for (const shard of shards) await runDueAlarm(shard);
    advanceClock(1000);
  }
}

test("the job runs by the alarm of each shard, and no more once the rules are gone", async () => {
  startClock();
  const bucket = await uniqueBucket();
  await setLifecycle(bucket, rule("<Expiration><Days>2</Days></Expiration>"));
  for (const key of ["a", "b", "c"]) await putObject(bucket, key, "x");
  await pass(1, bucket);
  expect(await status(bucket, "a")).toBe(200);
  await pass(3, bucket);
  for (const key of ["a", "b", "c"]) expect(await status(bucket, key)).toBe(404);

  await putObject(bucket, "d", "x");
  await signedFetch("DELETE", `/${bucket}`, { query: { lifecycle: "" } });
  await pass(4, bucket);
  expect(await status(bucket, "d")).toBe(200);
  const jobs = await query(`${await bucketIdOf(bucket)}/0`, "SELECT kind FROM job");
  expect(jobs).not.toContainEqual({ kind: "lifecycle" });
});

test("the job gives abandoned uploads back to their own job when no rule is about uploads any more", async () => {
  startClock();
  const bucket = await uniqueBucket();
  const uploads = async (): Promise<string[]> => {
    const response = await signedFetch("GET", `/${bucket}`, { query: { uploads: "" } });
    return elements(await response.text(), "Key");
  };
  const begin = (key: string) =>
    signedFetch("POST", `/${bucket}/${key}`, { query: { uploads: "" } });
  await setLifecycle(
    bucket,
    rule(
      "<AbortIncompleteMultipartUpload><DaysAfterInitiation>30</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
      "<Filter><Prefix>none</Prefix></Filter>",
    ),
  );
  await begin("old");
  await pass(6, bucket);
  await begin("new");
  await pass(2, bucket);
  expect(await uploads()).toEqual(["new"]);
  await signedFetch("DELETE", `/${bucket}`, { query: { lifecycle: "" } });
  await pass(1, bucket);
  expect(await uploads()).toEqual(["new"]);
  await pass(6, bucket);
  expect(await uploads()).toEqual([]);
});

test("the job is scheduled by the first alarm of code that knows rules, if older code was told them", async () => {
  startClock();
  const bucket = await uniqueBucket();
  const shard = `${await bucketIdOf(bucket)}/0`;
  const documents = {
    lifecycle: { Rule: [storedRule({ Expiration: { Days: 1 } })] },
  };
  await query(
    shard,
    "INSERT INTO setting (part, revision, body) VALUES ('shard', 9, ?)",
    JSON.stringify(documents),
  );
  await runInDurableObject(env.BUCKET_INDEX.getByName(shard), async (_, context) => {
    const restarted = new BucketIndexObject(context, env);
    await restarted.alarm();
    const jobs = context.storage.sql.exec("SELECT kind FROM job").toArray();
    expect(jobs).toContainEqual({ kind: "lifecycle" });
  });
});
