import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { LOG_WRITER, loggingTo, logOf, parseLog, putLogging, send } from "../support/access-log.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { elements, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { advanceClock, bucketIdOf } from "../support/faults.ts";
import { jobLines } from "../support/job-lines.ts";
import { kms, newKmsKey } from "../support/kms.ts";
import { lockedBucket, lockOf, putLockConfiguration, ruleOf } from "../support/object-lock.ts";
import { query, runDueAlarm, startClock } from "../support/shards.ts";

const ROLL_MS = 301_000;

beforeAll(startClock);
afterAll(() => vi.useRealTimers());

/** A bucket whose log goes to that one. */
async function loggedInto(target: string): Promise<string> {
  const bucket = await uniqueBucket();
  await putPolicy(target, { Principal: LOG_WRITER, Action: "s3:PutObject", on: ["*"] });
  await expectOk(putLogging(bucket, loggingTo(target)));
  return bucket;
}

async function keysOf(target: string): Promise<string[]> {
  const listing = await signedFetch("GET", `/${target}`, { query: { "list-type": "2" } });
  return elements(await listing.text(), "Key");
}

test("log objects are locked as the target's rule says", async () => {
  const target = await lockedBucket();
  const bucket = await loggedInto(target);
  await expectOk(putLockConfiguration(target, ruleOf("GOVERNANCE", "<Days>1</Days>")));
  await send("PUT", `/${bucket}/a`, { body: "a" });
  expect((await logOf(target)).map(({ key }) => key)).toEqual(["a"]);
  const [key = ""] = await keysOf(target);
  expect((await lockOf(`/${target}/${key}`))[0]).toBe("GOVERNANCE");
});

test("log objects are encrypted by KMS where the target's are, and dropped while its key is disabled", async () => {
  const target = await uniqueBucket();
  const bucket = await loggedInto(target);
  const { Arn: arn } = await newKmsKey();
  const byDefault = `<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>${arn}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>`;
  const root = "ServerSideEncryptionConfiguration";
  await expectOk(putDocument(`/${target}`, { encryption: "" }, root, byDefault));
  await send("PUT", `/${bucket}/a`, { body: "a" });
  expect((await logOf(target)).map(({ key }) => key)).toEqual(["a"]);
  const [key = ""] = await keysOf(target);
  const head = await signedFetch("HEAD", `/${target}/${key}`);
  expect(head.headers.get("x-amz-server-side-encryption-aws-kms-key-id")).toBe(arn);

  await kms("DisableKey", { KeyId: arn });
  await send("PUT", `/${bucket}/b`, { body: "b" });
  const told = await jobLines(async () => {
    advanceClock(ROLL_MS);
    await runDueAlarm(`${await bucketIdOf(target)}/0`);
  });
  expect(told).toContainEqual(
    expect.objectContaining({ outcome: "given up", reason: "KMS.DisabledException" }),
  );
  await kms("EnableKey", { KeyId: arn });
  await send("PUT", `/${bucket}/c`, { body: "c" });
  expect((await logOf(target)).map((record) => record["key"])).toEqual(["a", "c"]);
});

test("a quota of the target lets log objects in", async () => {
  const target = await uniqueBucket();
  const bucket = await loggedInto(target);
  const body = JSON.stringify({ bytes: 1, objects: 1 });
  await expectOk(signedFetch("PUT", `/_ledge/buckets/${target}/quota`, { body }), 204);
  await send("PUT", `/${bucket}/a`, { body: "a" });
  await send("PUT", `/${bucket}/b`, { body: "b" });
  expect((await logOf(target)).map(({ key }) => key)).toEqual(["a", "b"]);
});

test("lines that wait when their target is deleted go with it", async () => {
  const target = await uniqueBucket();
  const bucket = await loggedInto(target);
  await send("PUT", `/${bucket}/a`, { body: "a" });
  const shard = `${await bucketIdOf(target)}/0`;
  const waiting = await query<{ lines: string }>(shard, "SELECT lines FROM log_batch");
  expect(parseLog(waiting.map(({ lines }) => lines).join("")).at(-1)?.["key"]).toBe("a");
  await expectOk(signedFetch("DELETE", `/${target}`), 204);
  const told = await jobLines(async () => {
    advanceClock(ROLL_MS);
    await runDueAlarm(shard);
  });
  expect(told).toContainEqual(
    expect.objectContaining({ outcome: "given up", reason: "NoSuchBucket" }),
  );
  expect(await query(shard, "SELECT id FROM log_batch")).toEqual([]);
  expect((await send("GET", `/${bucket}/a`)).status).toBe(200);
});
