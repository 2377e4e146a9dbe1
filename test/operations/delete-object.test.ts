import { expect, test } from "vitest";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { blobsIn } from "../support/faults.ts";

test("a deleted object is gone, and its blob waits for its last reader", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "b".repeat(20_000));
  expect((await signedFetch("DELETE", `/${bucket}/k`)).status).toBe(204);
  await expectError(await signedFetch("GET", `/${bucket}/k`), 404, "NoSuchKey");
  expect(await blobsIn(bucket)).toHaveLength(1);
});

test("a key that does not exist is deleted already", async () => {
  const bucket = await uniqueBucket();
  expect((await signedFetch("DELETE", `/${bucket}/missing`)).status).toBe(204);
});

test("If-Match of another ETag is PreconditionFailed, and the object stays", async () => {
  const bucket = await uniqueBucket();
  const etag = (await putObject(bucket, "k", "x")).headers.get("etag") ?? "";
  const refused = await signedFetch("DELETE", `/${bucket}/k`, {
    headers: { "if-match": '"other"' },
  });
  await expectError(refused, 412, "PreconditionFailed");
  expect((await signedFetch("HEAD", `/${bucket}/k`)).status).toBe(200);
  const done = await signedFetch("DELETE", `/${bucket}/k`, { headers: { "if-match": etag } });
  expect(done.status).toBe(204);
});

test("a version other than null is InvalidArgument", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x");
  const refused = await signedFetch("DELETE", `/${bucket}/k`, { query: { versionId: "v1" } });
  await expectError(refused, 400, "InvalidArgument");
  expect(
    (await signedFetch("DELETE", `/${bucket}/k`, { query: { versionId: "null" } })).status,
  ).toBe(204);
});
