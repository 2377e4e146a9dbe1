import { beforeAll, expect, test } from "vitest";
import { granteesOf, putAcl, setAcl } from "../support/acl.ts";
import { anonymously } from "../support/anonymous.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { policyText } from "../support/policy-text.ts";
import {
  elements,
  ENDPOINT,
  expectError,
  putObject,
  signedFetch,
  uniqueBucket,
} from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { faultyAnswer, faultyEnv, faultyFetch } from "../support/faults.ts";

/** A deployment in which no bucket is public, beside one in which they may be. */
const BLOCKED = faultyEnv({ BLOCK_PUBLIC_ACCESS: "true" });
const READ = { Action: "s3:GetObject", on: ["by-policy"] };

let bucket: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  await putObject(bucket, "by-policy");
  await putObject(bucket, "by-acl", "", { "x-amz-acl": "public-read" });
  await putPolicy(bucket, READ);
  await setAcl(bucket, { "x-amz-acl": "public-read" });
});

test("what is public is not where the deployment blocks that, and comes back", async () => {
  const paths = [`/${bucket}/by-policy`, `/${bucket}/by-acl`, `/${bucket}`];
  for (const path of paths) {
    const refused = await faultyAnswer(BLOCKED, new Request(`${ENDPOINT}${path}`));
    await expectError(refused, 403, "AccessDenied");
    expect((await faultyFetch(BLOCKED, "GET", path)).status).toBe(200);
    await expectOk(anonymously("GET", path));
  }
  const query = { acl: "" };
  const shown = await faultyFetch(BLOCKED, "GET", `/${bucket}`, { query });
  expect(elements(await shown.text(), "URI")).toEqual([]);
  expect(await granteesOf(bucket)).toHaveLength(2);
});

test("nothing can be made public there, and the bucket's own block says nothing of it", async () => {
  const headers = { "x-amz-acl": "public-read" };
  const put = (path: string, init: object) => faultyFetch(BLOCKED, "PUT", path, init);
  const policy = { query: { policy: "" }, body: policyText(bucket, [READ]) };
  for (const [path, init] of [
    [`/${bucket}`, policy],
    [`/${bucket}`, { query: { acl: "" }, headers }],
    [`/${bucket}/by-policy`, { query: { acl: "" }, headers }],
    [`/${bucket}/new`, { headers, body: "x" }],
  ] as const)
    await expectError(await put(path, init), 403, "AccessDenied");
  const made = await put(`/bucket-${crypto.randomUUID()}`, { headers });
  await expectError(made, 400, "InvalidBucketAclWithBlockPublicAccessError");
  const query = { publicAccessBlock: "" };
  const own = await signedFetch("GET", `/${bucket}`, { query });
  await expectError(own, 404, "NoSuchPublicAccessBlockConfiguration");
  expect((await putAcl(`${bucket}/by-policy`, headers)).status).toBe(200);
});
