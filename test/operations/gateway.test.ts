import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { readSettings } from "../../src/env.ts";
import {
  ENDPOINT,
  expectError,
  putObject,
  rawFetch,
  signedFetch,
  signRequest,
  uniqueBucket,
} from "../support/client.ts";
import { faultyAnswer, faultyEnv, faultyFetch } from "../support/faults.ts";

describe("with NO_TRANSFORM, as on Cloudflare's edge", () => {
  const edge = faultyEnv({ NO_TRANSFORM: "true" });

  test.for([
    { stored: undefined, sent: "no-transform" },
    { stored: "max-age=60", sent: "max-age=60, no-transform" },
    { stored: "No-Transform", sent: "No-Transform" },
  ])("Cache-Control $stored is sent as $sent", async ({ stored, sent }) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "x", stored === undefined ? {} : { "cache-control": stored });
    const got = await faultyFetch(edge, "GET", `/${bucket}/k`);
    expect(got.headers.get("cache-control")).toBe(sent);
  });

  test("errors and listings are not to be rewritten either", async () => {
    const bucket = await uniqueBucket();
    const missing = await faultyFetch(edge, "GET", `/${bucket}/missing`);
    expect(missing.headers.get("cache-control")).toBe("no-transform");
    const list = await faultyFetch(edge, "GET", `/${bucket}`);
    expect(list.headers.get("cache-control")).toBe("no-transform");
  });
});

test("a deployment without root credentials refuses signed requests, and says what is missing", async () => {
  const { ROOT_ACCESS_KEY_ID: _id, ROOT_SECRET_ACCESS_KEY: _secret, ...bare } = env;
  const response = await faultyFetch(bare as Cloudflare.Env, "GET", "/");
  const document = await expectError(response, 403, "AccessDenied");
  expect(document).toContain("ROOT_ACCESS_KEY_ID");
});

test.for([
  { name: "INDEX_SHARDS", value: "0" },
  { name: "INDEX_SHARDS", value: "3" },
  { name: "INDEX_SHARDS", value: "512" },
  { name: "INDEX_SHARDS", value: "many" },
  { name: "INLINE_LIMIT_BYTES", value: "3000000" },
  { name: "ACCOUNT_ID", value: "1" },
  { name: "REGION", value: "" },
  { name: "NEW_BUCKETS", value: "public" },
  { name: "BLOCK_PUBLIC_ACCESS", value: "yes" },
  { name: "KMS_KEYS", value: "a b" },
  { name: "KMS_KEYS", value: "alias/a" },
  { name: "NO_TRANSFORM", value: "yes" },
  { name: "LOG_REQUESTS", value: "no" },
  { name: "VIRTUAL_HOST_SUFFIX", value: ".example.com" },
  { name: "VIRTUAL_HOST_SUFFIX", value: "example.com/path" },
  { name: "OWN_HOST", value: "my host" },
])("a setting that is not valid is named: $name=$value", ({ name, value }) => {
  expect(() => readSettings({ ...env, [name]: value })).toThrow(`${name} is "${value}"`);
});

/** The suites log no requests, which would take them longer than to answer; these tests are about the log. */
const logging = faultyEnv({ LOG_REQUESTS: "true" });

test("every request is one structured line, without its query", async () => {
  const bucket = await uniqueBucket();
  const log = vi.spyOn(console, "log").mockReturnValue();
  const response = await faultyFetch(logging, "GET", `/${bucket}/k`, {
    query: { "response-content-type": "secret" },
    headers: { "user-agent": "a".repeat(60_000) },
  });
  const { length } = await response.text();
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)) as object);
  log.mockRestore();
  expect(lines).toEqual([
    {
      event: "request",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      requestId: response.headers.get("x-amz-request-id"),
      method: "GET",
      operation: "GetObject",
      requester: "arn:aws:iam::000000000000:root",
      bucket,
      key: "k",
      status: 404,
      code: "NoSuchKey",
      bytesIn: 0,
      bytesOut: length,
      durationMs: expect.any(Number),
      turnaroundMs: expect.any(Number),
      userAgent: `${"a".repeat(256)}…`,
    },
  ]);
});

test.for([
  {
    method: "PUT",
    query: {},
    body: "body",
    logged: { operation: "PutObject", bytesIn: 4, bytesOut: 0 },
  },
  { method: "GET", query: {}, logged: { operation: "GetObject", bytesIn: 0, bytesOut: 4 } },
  { method: "HEAD", query: {}, logged: { operation: "HeadObject", bytesIn: 0, bytesOut: 0 } },
  { method: "GET", query: { torrent: "" }, logged: { operation: "GetObjectTorrent", status: 501 } },
  {
    method: "GET",
    query: { torrent: "" },
    bucket: "b".repeat(60_000),
    logged: { bucket: `${"b".repeat(256)}…` },
  },
])("a line of the log tells $logged", async ({ method, query, body, bucket, logged }) => {
  const made = await uniqueBucket();
  await putObject(made, "logged", "body");
  const log = vi.spyOn(console, "log").mockReturnValue();
  await faultyFetch(logging, method, `/${bucket ?? made}/logged`, {
    query,
    ...(body !== undefined && { body }),
  });
  const [[line] = []] = log.mock.calls;
  log.mockRestore();
  expect(JSON.parse(String(line))).toMatchObject(logged);
});

test("the log names the key that was written when the path has a plus that is signed as one", async () => {
  const bucket = await uniqueBucket();
  const signed = await signRequest("PUT", `/${bucket}/a%2Bb`, { body: "x" });
  const log = vi.spyOn(console, "log").mockReturnValue();
  const put = await faultyAnswer(logging, new Request(signed.url.replace("%2B", "+"), signed));
  const [[line] = []] = log.mock.calls;
  log.mockRestore();
  expect(put.status, await put.text()).toBe(200);
  expect(JSON.parse(String(line))).toMatchObject({ key: "a+b" });
});

test("every answer has a Date, by which SDKs correct a wrong clock", async () => {
  const bucket = await uniqueBucket();
  const etag = (await putObject(bucket, "k", "x")).headers.get("etag") ?? "";
  const answers = [
    await rawFetch(`${ENDPOINT}/_ledge/health`),
    await rawFetch(`${ENDPOINT}/${bucket}`),
    await signedFetch("HEAD", `/${bucket}/k`),
    await signedFetch("HEAD", `/${bucket}/missing`),
    await signedFetch("GET", `/${bucket}/k`, { headers: { "if-none-match": etag } }),
    await signedFetch("DELETE", `/${bucket}/k`),
    await signedFetch("OPTIONS", `/${bucket}/k`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 403, 200, 404, 304, 204, 400]);
  for (const { headers, status } of answers) {
    const date = headers.get("date") ?? "";
    expect(date, String(status)).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    expect(Math.abs(Date.now() - Date.parse(date)), String(status)).toBeLessThan(60_000);
  }
});

test("a request may be signed for the configured region, auto, us-east-1 or the bucket's own", async () => {
  const bucket = `b-${crypto.randomUUID()}`;
  const document =
    "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
  const inIreland = { region: "eu-west-1", body: document };
  expect((await signedFetch("PUT", `/${bucket}`, inIreland)).status).toBe(200);
  for (const region of ["us-east-1", "auto", "eu-west-1"])
    expect((await signedFetch("GET", `/${bucket}`, { region })).status, region).toBe(200);
  const configured = faultyEnv({ REGION: "eu-north-1" });
  const north = await faultyFetch(configured, "GET", `/${bucket}`, { region: "eu-north-1" });
  expect(north.status).toBe(200);
});

test("a request signed for another region is told the bucket's", async () => {
  const bucket = await uniqueBucket();
  const response = await signedFetch("GET", `/${bucket}`, { region: "ap-south-1" });
  const document = await expectError(response, 400, "AuthorizationHeaderMalformed");
  expect(document).toContain("<Region>us-east-1</Region>");
  expect(response.headers.get("x-amz-bucket-region")).toBe("us-east-1");
  const head = await signedFetch("HEAD", `/${bucket}`, { region: "ap-south-1" });
  expect([head.status, head.headers.get("x-amz-bucket-region")]).toEqual([400, "us-east-1"]);
});
