import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import { bucketLookup } from "../../src/storage/clients/bucket-lookup.ts";
import { aclOf } from "../support/acl.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { recordOf } from "../support/bucket-record.ts";
import { putDocument } from "../support/documents.ts";
import { elements, putObject, signedFetch } from "../support/client.ts";
import {
  BYPASS,
  inDays,
  lockedBucket,
  lockOf,
  putLegalHold,
  putLockConfiguration,
  putRetention,
  retained,
  ruleOf,
} from "../support/object-lock.ts";
import { becomes, replicate, ruleTo } from "../support/replication.ts";
import { put, versionedBucket } from "../support/versions.ts";

const KEY = "k";
const TAGS = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";

async function tag(bucket: string): Promise<void> {
  const answer = await signedFetch("PUT", `/${bucket}/${KEY}`, {
    query: { tagging: "" },
    body: TAGS,
  });
  expect(answer.status).toBe(200);
  await becomes("COMPLETED", bucket, KEY);
}

/** Gateways go by this record of a bucket until they hear of a newer one. */
async function remember(record: BucketRecord): Promise<void> {
  const directory = bucketDirectoryClient(env.DIRECTORY);
  const lookup = bucketLookup(env, directory, () => undefined);
  await lookup.forget(record.name);
  lookup.update(record);
}

async function tagsOf(bucket: string): Promise<string[]> {
  const answer = await signedFetch("GET", `/${bucket}/${KEY}`, { query: { tagging: "" } });
  return elements(await answer.text(), "Key");
}

/** A replica that its own bucket retains for a year, and its source does not know of. */
async function retainedThere(from: string): Promise<string> {
  const to = await lockedBucket();
  const rule = ruleOf("GOVERNANCE", "<Years>1</Years>");
  expect((await putLockConfiguration(to, rule)).status).toBe(200);
  await replicate(from, ruleTo(to));
  await put(from, KEY, "kept");
  await becomes("COMPLETED", from, KEY);
  return to;
}

test("a replica that its bucket retains is not let go when its source gets a tag", async () => {
  const from = await versionedBucket();
  const to = await retainedThere(from);
  const before = await lockOf(`/${to}/${KEY}`);
  expect(before[0]).toBe("GOVERNANCE");
  await tag(from);
  expect(await tagsOf(to)).toEqual(["a"]);
  expect(await lockOf(`/${to}/${KEY}`)).toEqual(before);
});

test("a hold that was put on a replica where it is, and the ACL there, stay when its source gets a tag", async () => {
  const [from, to] = [await lockedBucket(), await lockedBucket()];
  await replicate(from, ruleTo(to));
  await put(from, KEY, "kept");
  await becomes("COMPLETED", from, KEY);
  await putLegalHold(`/${to}/${KEY}`, "ON");
  const acl = { query: { acl: "" }, headers: { "x-amz-acl": "authenticated-read" } };
  expect((await signedFetch("PUT", `/${to}/${KEY}`, acl)).status).toBe(200);
  await tag(from);
  expect((await lockOf(`/${to}/${KEY}`))[2]).toBe("ON");
  expect(elements(await aclOf(`${to}/${KEY}`), "URI")).toHaveLength(1);
});

test("a hold in the source leaves what the replica's bucket retains, and goes when it is put off there", async () => {
  const from = await lockedBucket();
  const to = await retainedThere(from);
  const [mode, until] = await lockOf(`/${to}/${KEY}`);
  for (const status of ["ON", "OFF"]) {
    await putLegalHold(`/${from}/${KEY}`, status);
    await becomes("COMPLETED", from, KEY);
    expect(await lockOf(`/${to}/${KEY}`)).toEqual([mode, until, status]);
  }
});

test("a retention that the source's governors make shorter is so in the replica", async () => {
  const [from, to] = [await lockedBucket(), await lockedBucket()];
  await replicate(from, ruleTo(to));
  await put(from, KEY, "kept");
  await putRetention(`/${from}/${KEY}`, "GOVERNANCE", inDays(9));
  await putRetention(`/${from}/${KEY}`, "GOVERNANCE", inDays(2), { headers: BYPASS });
  await becomes("COMPLETED", from, KEY);
  expect(await lockOf(`/${to}/${KEY}`)).toEqual(await lockOf(`/${from}/${KEY}`));
});

test("a public ACL does not come where public ones are blocked that the gateway has not heard of", async () => {
  const [from, to] = [await versionedBucket(), await versionedBucket()];
  await replicate(from, ruleTo(to));
  const before = await recordOf(to);
  const block = "<BlockPublicAcls>true</BlockPublicAcls>";
  const query = { publicAccessBlock: "" };
  const answer = await putDocument(`/${to}`, query, "PublicAccessBlockConfiguration", block);
  expect(answer.status).toBe(200);
  await remember(before);
  await putObject(from, KEY, "x", { "x-amz-acl": "public-read" });
  await becomes("FAILED", from, KEY);
});

test("a replica is retained by a bucket whose gateway has not heard yet that it has locks", async () => {
  const [from, to] = [await lockedBucket(), await versionedBucket()];
  await replicate(from, ruleTo(to));
  const before = await recordOf(to);
  expect((await putLockConfiguration(to)).status).toBe(200);
  await remember(before);
  await putObject(from, KEY, "kept", retained("GOVERNANCE"));
  await becomes("COMPLETED", from, KEY);
  expect(await lockOf(`/${to}/${KEY}`)).toEqual(await lockOf(`/${from}/${KEY}`));
});
