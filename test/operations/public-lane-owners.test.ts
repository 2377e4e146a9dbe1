import { expect, test } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { putObject, uniqueBucket } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { expectAlike } from "../support/edge-answers.ts";
import { EdgeCache } from "../support/edge-cache.ts";
import { publicRequest, putEdge, putOwnership, READABLE } from "../support/edge.ts";
import { newIamAccount } from "../support/query-api.ts";

const HOUR = 3600;

test("the cache has nothing of another account's, nor of what only its ACL makes public", async () => {
  const bucket = await uniqueBucket();
  const writable = { Action: "s3:PutObject", on: ["*"] };
  await putPolicy(bucket, { ...READABLE, on: ["open/*"] }, writable);
  await putEdge(bucket, HOUR);
  const { keys } = await newIamAccount();
  const theirs = await fetchAs(keys, "PUT", `/${bucket}/open/theirs`, { body: "theirs" });
  expect(theirs.status).toBe(200);
  await putObject(bucket, "ours", "ours", { "x-amz-acl": "public-read" });
  const cache = new EdgeCache();
  const statusOf = async (key: string): Promise<number> =>
    (await expectAlike(cache, () => publicRequest(`/${bucket}/${key}`))).status;
  expect([await statusOf("open/theirs"), await statusOf("ours")]).toEqual([403, 200]);
  expect([...cache.entries]).toEqual([]);
});

test("the cache has nothing of another account's that its own ACL makes public, and may take back at once", async () => {
  const bucket = await uniqueBucket();
  await putOwnership(bucket, "ObjectWriter");
  const writable = { Action: ["s3:PutObject", "s3:PutObjectAcl"], on: ["*"] };
  await putPolicy(bucket, READABLE, writable);
  await putEdge(bucket, HOUR);
  const { keys } = await newIamAccount();
  const path = `/${bucket}/theirs`;
  const acl = (canned: string) => ({ "x-amz-acl": canned });
  const put = { body: "theirs", headers: acl("public-read") };
  await expectOk(fetchAs(keys, "PUT", path, put));
  const cache = new EdgeCache();
  for (const method of ["GET", "HEAD"])
    expect((await cache.send(publicRequest(path, { method }))).status).toBe(200);
  expect([...cache.entries]).toEqual([]);
  const hide = { query: { acl: "" }, body: "", headers: acl("private") };
  await expectOk(fetchAs(keys, "PUT", path, hide));
  expect((await cache.send(publicRequest(path))).status).toBe(403);
});
