import { expect, test } from "vitest";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";

const QUERY = { tagging: "" };

function tagNodes(keys: readonly string[]): string {
  return keys.map((key) => `<Tag><Key>${key}</Key><Value>of ${key}</Value></Tag>`).join("");
}

function putTags(bucket: string, ...keys: string[]): Promise<Response> {
  return putDocument(`/${bucket}`, QUERY, "Tagging", `<TagSet>${tagNodes(keys)}</TagSet>`);
}

async function keysOf(bucket: string): Promise<string[]> {
  const response = await expectOk(signedFetch("GET", `/${bucket}`, { query: QUERY }));
  return elements(await response.text(), "Key");
}

async function expectNoTags(bucket: string): Promise<void> {
  const response = await signedFetch("GET", `/${bucket}`, { query: QUERY });
  const document = await expectError(response, 404, "NoSuchTagSet");
  expect(elements(document, "BucketName")).toEqual([bucket]);
}

function createBucket(name: string, ...keys: string[]): Promise<Response> {
  const root = "CreateBucketConfiguration";
  return putDocument(`/${name}`, {}, root, `<Tags>${tagNodes(keys)}</Tags>`);
}

function newName(): string {
  return `bucket-${crypto.randomUUID()}`;
}

test("a bucket has the tags that were put last, in their order, until they are deleted", async () => {
  const bucket = await uniqueBucket();
  await expectNoTags(bucket);
  await expectOk(putTags(bucket, "b", "a"), 204);
  expect(await keysOf(bucket)).toEqual(["b", "a"]);
  await expectOk(putTags(bucket, "c"), 204);
  const response = await signedFetch("GET", `/${bucket}`, { query: QUERY });
  expect(await response.text()).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>c</Key><Value>of c</Value></Tag></TagSet></Tagging>',
  );
  await expectOk(signedFetch("DELETE", `/${bucket}`, { query: QUERY }), 204);
  await expectNoTags(bucket);
});

test("an empty tag set is none", async () => {
  const bucket = await uniqueBucket();
  await expectOk(putTags(bucket, "a"), 204);
  await expectOk(putTags(bucket), 204);
  await expectNoTags(bucket);
});

test("tags that are refused change nothing", async () => {
  const bucket = await uniqueBucket();
  await expectOk(putTags(bucket, "a"), 204);
  const document = await expectError(await putTags(bucket, "aws:a"), 400, "InvalidTag");
  expect(elements(document, "TagKey")).toEqual(["aws:a"]);
  expect(await keysOf(bucket)).toEqual(["a"]);
});

test("tags that nothing vouches for are refused", async () => {
  const bucket = await uniqueBucket();
  const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
  const response = await putDocument(`/${bucket}`, QUERY, "Tagging", "<TagSet/>", headers);
  await expectError(response, 400, "InvalidRequest");
});

test("tags put at the same moment are of one writer or the other", async () => {
  const bucket = await uniqueBucket();
  const writers = Array.from({ length: 5 }, (_, i) => [`a${i}`, `b${i}`]);
  await Promise.all(writers.map((keys) => expectOk(putTags(bucket, ...keys), 204)));
  expect(writers).toContainEqual(await keysOf(bucket));
});

test("tags of a bucket that does not exist are NoSuchBucket", async () => {
  const name = newName();
  for (const method of ["GET", "DELETE"])
    await expectError(await signedFetch(method, `/${name}`, { query: QUERY }), 404, "NoSuchBucket");
  await expectError(await putTags(name, "a"), 404, "NoSuchBucket");
});

test("a bucket may be made with tags", async () => {
  const name = newName();
  await expectOk(createBucket(name, "b", "a"));
  expect(await keysOf(name)).toEqual(["b", "a"]);
});

test("a bucket may be made with an empty set of tags", async () => {
  const name = newName();
  await expectOk(createBucket(name));
  await expectNoTags(name);
});

test("a bucket is not made when its tags are refused", async () => {
  const name = newName();
  await expectError(await createBucket(name, "a,b"), 400, "InvalidTag");
  expect((await signedFetch("HEAD", `/${name}`)).status).toBe(404);
});

test("to make a bucket once more, with tags, is BucketAlreadyOwnedByYou", async () => {
  const name = newName();
  await expectOk(createBucket(name, "a"));
  await expectError(await createBucket(name, "a"), 409, "BucketAlreadyOwnedByYou");
  await expectOk(createBucket(name));
  expect(await keysOf(name)).toEqual(["a"]);
});
