import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, expect, inject, test } from "vitest";
import { rawSigner, sdkClient, uniqueBucket } from "../support/sdk.ts";

const ledge = inject("ledge");
const s3 = sdkClient(ledge);

let Bucket: string;

function edge(method: string, init: RequestInit = {}, subject = "edge"): Promise<Response> {
  const url = `${ledge.endpoint}/_ledge/buckets/${Bucket}/${subject}`;
  return rawSigner(ledge).fetch(url, { method, ...init });
}

beforeAll(async () => {
  Bucket = await uniqueBucket(s3);
  const Statement = {
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${Bucket}/*`,
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  const body = JSON.stringify({ mode: "public", maxAgeSeconds: 60 });
  await edge("PUT", { body });
});

/** As it comes over the wire: `fetch` would decode it. */
async function get(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<{ status: number | undefined; headers: object; body: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof get>>>();
  const url = `${ledge.endpoint}/${Bucket}${path}`;
  const sending = request(url, { method, headers }, (answer) => {
    const { statusCode: status, headers: told } = answer;
    buffer(answer).then((body) => resolve({ status, headers: told, body }), reject);
  });
  sending.on("error", reject).end();
  return promise;
}

const INLINE = gzipSync("inline");
const BLOB = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i * 31 + (i >> 8)));

test.for([
  { Key: "inline", Body: INLINE, ContentEncoding: "gzip" },
  { Key: "blob", Body: BLOB, ContentEncoding: undefined },
  // It is no gzip, and nobody has to know.
  { Key: "odd", Body: BLOB, ContentEncoding: "gzip" },
])("$Key is read by the inner entrypoint, byte for byte", async ({ Key, Body, ...given }) => {
  await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...given, Metadata: { a: "b" } }));
  const whole = await get(`/${Key}`);
  expect([whole.status, whole.body.equals(Body)]).toEqual([200, true]);
  expect(whole.headers).toMatchObject({
    "content-length": String(Body.length),
    "x-amz-meta-a": "b",
    "x-cache": "MISS",
    ...(given.ContentEncoding !== undefined && { "content-encoding": "gzip" }),
  });
  for (const name of Object.keys(whole.headers)) expect(name).not.toMatch(/ledge|cdn-cache/);
  const part = await get(`/${Key}`, { range: "bytes=2-9" });
  expect([part.status, part.body]).toEqual([206, Body.subarray(2, 10)]);
  const head = await get(`/${Key}`, {}, "HEAD");
  expect(head.headers).toMatchObject({ "content-length": String(Body.length), "x-cache": "MISS" });
  const { etag } = whole.headers as { readonly etag?: string };
  const same = await get(`/${Key}`, { "if-none-match": etag ?? "" });
  expect([same.status, same.body.length]).toEqual([304, 0]);
});

test("what was put is there at once, where there is no cache", async () => {
  for (const Body of ["1", "2"]) {
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body }));
    expect((await get("/k")).body.toString()).toBe(Body);
  }
  expect((await get("/none")).status).toBe(403);
});

test("the setting is told, purged, and turned off", async () => {
  expect(await (await edge("GET")).json()).toEqual({ mode: "public", maxAgeSeconds: 60 });
  expect((await edge("POST", {}, "purge")).status).toBe(204);
  expect((await edge("DELETE")).status).toBe(204);
  expect(await (await edge("GET")).json()).toEqual({ mode: "off" });
  expect((await get("/k")).headers).not.toHaveProperty("x-cache");
});
