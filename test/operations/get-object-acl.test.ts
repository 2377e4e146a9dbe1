import { expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { put, versionedBucket } from "../support/versions.ts";

const query = { acl: "" };

test("the owner of an object has full control, and is the one that listings tell", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "body");
  const document = await (await signedFetch("GET", `/${bucket}/k`, { query })).text();
  const listing = await (await signedFetch("GET", `/${bucket}`)).text();
  const [owner] = elements(listing, "ID");
  expect(elements(document, "ID")).toEqual([owner, owner]);
  expect(elements(document, "Permission")).toEqual(["FULL_CONTROL"]);
});

test("a version has an ACL of its own, a missing key has none", async () => {
  const bucket = await versionedBucket();
  const first = (await put(bucket, "k", "1")) ?? "";
  await put(bucket, "k", "2");
  const older = await signedFetch("GET", `/${bucket}/k`, { query: { ...query, versionId: first } });
  expect(older.headers.get("x-amz-version-id")).toBe(first);
  await older.body?.cancel();
  await expectError(await signedFetch("GET", `/${bucket}/none`, { query }), 404, "NoSuchKey");
});
