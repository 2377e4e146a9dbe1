import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import {
  inDays,
  lockedBucket,
  lockOf,
  putLockConfiguration,
  retained,
  ruleOf,
} from "../support/object-lock.ts";
import { setVersioning, versionedBucket } from "../support/versions.ts";
import { decidedOn, recordOf } from "../support/bucket-record.ts";

const QUERY = { "object-lock": "" };
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

async function configurationOf(bucket: string): Promise<string> {
  const response = await expectOk(signedFetch("GET", `/${bucket}`, { query: QUERY }));
  return response.text();
}

function configuration(rule = ""): string {
  return `${DECLARATION}<ObjectLockConfiguration ${NAMESPACE}><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`;
}

async function versioningOf(bucket: string): Promise<string[]> {
  const response = await signedFetch("GET", `/${bucket}`, { query: { versioning: "" } });
  return elements(await response.text(), "Status");
}

test("a bucket that is made with Object Lock has versions, and no rule", async () => {
  const bucket = await lockedBucket();
  expect(await configurationOf(bucket)).toBe(configuration());
  expect(await versioningOf(bucket)).toEqual(["Enabled"]);
  const { headers } = await putObject(bucket, "k");
  expect(headers.get("x-amz-version-id")).toMatch(/^\w{32}$/);
});

test("a rule is kept until another one, or none, is put", async () => {
  const bucket = await lockedBucket();
  for (const rule of [
    ruleOf("GOVERNANCE", "<Days>1</Days>"),
    ruleOf("COMPLIANCE", "<Years>1</Years>"),
    "",
  ]) {
    await expectOk(putLockConfiguration(bucket, rule));
    expect(await configurationOf(bucket)).toBe(configuration(rule));
  }
});

test("only a bucket whose versioning is enabled may get Object Lock later", async () => {
  const bucket = await uniqueBucket();
  await expectError(await putLockConfiguration(bucket), 409, "InvalidBucketState");
  await setVersioning(bucket, "Suspended");
  await expectError(await putLockConfiguration(bucket), 409, "InvalidBucketState");
  const response = await signedFetch("GET", `/${bucket}`, { query: QUERY });
  await expectError(response, 404, "ObjectLockConfigurationNotFoundError");
  await setVersioning(bucket, "Enabled");
  await expectOk(putLockConfiguration(bucket));
  expect(await configurationOf(bucket)).toBe(configuration());
});

test("versioning of a bucket with Object Lock cannot be suspended", async () => {
  const bucket = await lockedBucket();
  const query = { versioning: "" };
  const root = "VersioningConfiguration";
  const response = await putDocument(`/${bucket}`, query, root, "<Status>Suspended</Status>");
  await expectError(response, 409, "InvalidBucketState");
  await setVersioning(bucket, "Enabled");
  expect(await versioningOf(bucket)).toEqual(["Enabled"]);
});

test("a rule that is refused changes nothing", async () => {
  const bucket = await lockedBucket();
  const tooShort = putLockConfiguration(bucket, ruleOf("GOVERNANCE", "<Days>0</Days>"));
  await expectError(await tooShort, 400, "InvalidRetentionPeriod");
  const twice = ruleOf("GOVERNANCE", "<Days>1</Days><Years>1</Years>");
  await expectError(await putLockConfiguration(bucket, twice), 400, "MalformedXML");
  expect(await configurationOf(bucket)).toBe(configuration());
});

test("to make a bucket once more with Object Lock, which it has not, is BucketAlreadyOwnedByYou", async () => {
  const bucket = await uniqueBucket();
  const headers = { "x-amz-bucket-object-lock-enabled": "true" };
  const response = await signedFetch("PUT", `/${bucket}`, { headers });
  await expectError(response, 409, "BucketAlreadyOwnedByYou");
});

test("to make a bucket once more with the Object Lock that it has is a success", async () => {
  const bucket = await lockedBucket();
  const headers = { "x-amz-bucket-object-lock-enabled": "true" };
  await expectOk(signedFetch("PUT", `/${bucket}`, { headers }));
  await expectOk(signedFetch("PUT", `/${bucket}`));
  expect(await configurationOf(bucket)).toBe(configuration());
});

test.for([
  ["Days", 10, (from: Date) => from.setUTCDate(from.getUTCDate() + 10)],
  ["Years", 3, (from: Date) => from.setUTCFullYear(from.getUTCFullYear() + 3)],
] as const)(
  "a rule of %s retains what brings no retention of its own",
  async ([unit, period, add]) => {
    const bucket = await lockedBucket();
    await putObject(bucket, "before");
    await expectOk(
      putLockConfiguration(bucket, ruleOf("GOVERNANCE", `<${unit}>${period}</${unit}>`)),
    );
    const [earliest, latest] = [await putAndTime(bucket, "k"), Date.now()].map((timeMs) =>
      add(new Date(timeMs)),
    );
    const [mode, until, hold] = await lockOf(`/${bucket}/k`);
    expect([mode, hold]).toEqual(["GOVERNANCE", null]);
    expect(Date.parse(until ?? "")).toBeGreaterThanOrEqual(earliest ?? 0);
    expect(Date.parse(until ?? "")).toBeLessThanOrEqual(latest ?? 0);

    const own = inDays(1);
    await putObject(bucket, "own", "", retained("COMPLIANCE", own));
    expect(await lockOf(`/${bucket}/own`)).toEqual(["COMPLIANCE", own, null]);
    expect(await lockOf(`/${bucket}/before`)).toEqual([null, null, null]);
  },
);

/** The time before the object was put. */
async function putAndTime(bucket: string, key: string): Promise<number> {
  const timeMs = Date.now();
  await putObject(bucket, key);
  return timeMs;
}

describe("a gateway that remembers the bucket", () => {
  /** Another gateway, of which this one hears nothing, puts a lock without a rule. */
  async function lockElsewhere(name: string): Promise<void> {
    const record = await recordOf(name);
    const body = JSON.stringify({ ObjectLockEnabled: "Enabled" });
    const flags = { ...record.shard.flags, hasLock: true, hasLockRule: false };
    const change = { kind: "lock", id: "", part: "shard", body, flags } as const;
    await bucketDirectoryClient(env.DIRECTORY).configure(decidedOn(record), change);
  }

  test("without a lock does not refuse one", async () => {
    const bucket = await versionedBucket();
    await putObject(bucket, "k");
    await lockElsewhere(bucket);
    await putObject(bucket, "k", "x", retained("GOVERNANCE"));
    expect((await lockOf(`/${bucket}/k`))[0]).toBe("GOVERNANCE");
  });

  test("with a rule does not refuse an upload that nothing vouches for", async () => {
    const bucket = await lockedBucket();
    await expectOk(putLockConfiguration(bucket, ruleOf("GOVERNANCE", "<Days>1</Days>")));
    await lockElsewhere(bucket);
    await putObject(bucket, "k", "x", { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" });
  });
});
