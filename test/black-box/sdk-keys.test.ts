import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { expectSdkError, sdkClient, uniqueBucket } from "../support/sdk.ts";

let ledge: LedgeProcess;
let s3: S3Client;
beforeAll(async () => {
  // Several shards, so that each page is put together from several objects.
  ledge = await startLedge({ variables: { INDEX_SHARDS: "4" } });
  s3 = sdkClient(ledge);
});
afterAll(() => ledge?.stop());

async function bucketOf(keys: readonly string[]): Promise<string> {
  const Bucket = await uniqueBucket(s3);
  await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))));
  return Bucket;
}

/** What `encoding-type=url` did to a name. */
function decode(name = ""): string {
  return decodeURIComponent(name.replaceAll("+", " "));
}

/** S3's order is that of the UTF-8 bytes. */
function inOrder(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const ODD_KEYS = [
  "/",
  "//",
  "/leading",
  "trailing/",
  "a//b",
  "a/.b/..c/...",
  "a b",
  " a ",
  "a+b",
  "a%b",
  "a%2Fb",
  "a%252Fb",
  "a?b=c&d",
  "a#b",
  "a\\b",
  "a;b:c,d@e=f$g!h*i'j(k)l",
  '<a>&"b"</a>',
  "a\tb",
  "a\nb",
  "a\u0001b",
  "a\u007Fb",
  "ä",
  "a\u0308",
  "世界",
  "\uFFFD",
  "\u{1F30D}",
  "k".repeat(1024),
  "\u{1F30D}".repeat(256),
];

/** Long names of tests help nobody. */
const named = ODD_KEYS.map((key) => ({ key, name: JSON.stringify(key.slice(0, 40)) }));

test.for(named)("$name is a key like any other", async ({ key: Key }) => {
  const Bucket = await bucketOf([Key]);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect(await Body?.transformToString()).toBe(Key);
  const list = new ListObjectsV2Command({ Bucket, EncodingType: "url" });
  const { Contents = [] } = await s3.send(list);
  expect(Contents.map((object) => decode(object.Key))).toEqual([Key]);
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await expectSdkError(s3.send(new HeadObjectCommand({ Bucket, Key })), 404, "NotFound");
});

test("a key of 1025 bytes is KeyTooLongError", async () => {
  const Bucket = await uniqueBucket(s3);
  for (const Key of ["k".repeat(1025), `${"\u{1F30D}".repeat(256)}k`]) {
    const answer = s3.send(new PutObjectCommand({ Bucket, Key, Body: "" }));
    await expectSdkError(answer, 400, "KeyTooLongError");
  }
});

test("keys are listed in the order of their UTF-8 bytes, whatever the size of the page", async () => {
  // UTF-16 has U+1F30D before U+FFFD; UTF-8 has not.
  const keys = ["a", "a/b", "a b", "ä", "z", "世", "\uFFFD", "\u{1F30D}", "\u{1F30D}/x", "~"];
  const Bucket = await bucketOf(keys);
  for (const pageSize of [1, 3, 1000]) {
    const listed: string[] = [];
    const query = { Bucket, EncodingType: "url" } as const;
    for await (const page of paginateListObjectsV2({ client: s3, pageSize }, query)) {
      expect(page.KeyCount).toBeLessThanOrEqual(pageSize);
      for (const { Key } of page.Contents ?? []) listed.push(decode(Key));
    }
    expect(listed).toEqual(inOrder(keys));
  }
});

test("a delimiter folds keys, and each common prefix comes once over all pages", async () => {
  const folders = ["a/", "b/", "ä/", "\u{1F30D}/"];
  const keys = folders.flatMap((folder) => Array.from({ length: 5 }, (_, i) => `${folder}${i}`));
  const Bucket = await bucketOf([...keys, "root", "z"]);
  for (const pageSize of [1, 2, 1000]) {
    const names: string[] = [];
    const query = { Bucket, Delimiter: "/" };
    for await (const page of paginateListObjectsV2({ client: s3, pageSize }, query)) {
      for (const { Prefix = "" } of page.CommonPrefixes ?? []) names.push(Prefix);
      for (const { Key = "" } of page.Contents ?? []) names.push(Key);
    }
    expect(inOrder(names)).toEqual(inOrder([...folders, "root", "z"]));
  }
});

test("a listing entry says size, ETag, time and class", async () => {
  const Bucket = await bucketOf(["key"]);
  const { Contents, ...result } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "k" }));
  expect(result).toMatchObject({ Name: Bucket, Prefix: "k", KeyCount: 1, IsTruncated: false });
  const [object] = Contents ?? [];
  expect(object).toMatchObject({
    Key: "key",
    Size: 3,
    ETag: '"3c6e0b8a9c15224a8228b9a98ca1531d"',
    LastModified: expect.any(Date),
    StorageClass: "STANDARD",
  });
});

test("ListObjectsV2 starts after StartAfter", async () => {
  const Bucket = await bucketOf(["a", "b", "c"]);
  const list = new ListObjectsV2Command({ Bucket, StartAfter: "a" });
  const { Contents = [] } = await s3.send(list);
  expect(Contents.map(({ Key }) => Key)).toEqual(["b", "c"]);
});

test("ListObjects goes on from the last key, or from NextMarker with a delimiter", async () => {
  const Bucket = await bucketOf(["a", "b/1", "b/2", "c"]);
  const page = (query: object) =>
    s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 2, EncodingType: "url", ...query }));

  const first = await page({});
  expect(first.Contents?.map(({ Key }) => decode(Key))).toEqual(["a", "b/1"]);
  expect(first).toMatchObject({ IsTruncated: true, Marker: "" });
  const second = await page({ Marker: "b/1" });
  expect(second.Contents?.map(({ Key }) => decode(Key))).toEqual(["b/2", "c"]);
  expect(second).toMatchObject({ IsTruncated: false, Marker: "b/1" });

  const folded = await page({ Delimiter: "/" });
  expect(folded).toMatchObject({ IsTruncated: true, NextMarker: "b/" });
  const rest = await page({ Delimiter: "/", Marker: folded.NextMarker });
  expect(rest.Contents?.map(({ Key }) => Key)).toEqual(["c"]);
  expect(rest.CommonPrefixes).toBeUndefined();
});

test("DeleteObjects deletes a thousand keys at once", async () => {
  const keys = Array.from({ length: 1000 }, (_, i) => `key ${i}`);
  // Those that do not exist are deleted just the same.
  const Bucket = await bucketOf([...keys.filter((_, i) => i % 20 === 0), "kept"]);
  const Objects = keys.map((Key) => ({ Key }));
  const answer = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(answer.Errors).toBeUndefined();
  expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(keys);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents.map(({ Key }) => Key)).toEqual(["kept"]);
});

test("DeleteObjects deletes keys that XML has to escape, quietly", async () => {
  const keys = ["a&b", "<a>", "a\rb", "\u{1F30D}", "//"];
  const Bucket = await bucketOf(keys);
  const Objects = keys.map((Key) => ({ Key }));
  const Delete = { Objects, Quiet: true };
  const answer = await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
  expect(answer.Deleted).toBeUndefined();
  expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
});
