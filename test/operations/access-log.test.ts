import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { app } from "../../src/http/app.ts";
import {
  deliverLog,
  logBucket,
  loggedBucket,
  loggingTo,
  logOf,
  parseLog,
  putLogging,
  send,
} from "../support/access-log.ts";
import { fetchAs, newAccount } from "../support/accounts.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { ENDPOINT, signedFetch, signRequest, uniqueBucket } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { bucketIdOf } from "../support/faults.ts";
import { policyText } from "../support/policy-text.ts";
import { query, runDueAlarm, startClock } from "../support/shards.ts";

beforeAll(startClock);
afterAll(() => vi.useRealTimers());

/** With its line of the log. */
async function put(
  bucket: string,
  key: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers = {},
): Promise<void> {
  await expectOk(send("PUT", `/${bucket}/${key}`, { body, headers }));
}

test("a request has a line with who, what, and how it went", async () => {
  const { bucket, target } = await loggedBucket();
  const headers = { "user-agent": "tester/1", referer: "https://example.com/a?b" };
  const put = await send("PUT", `/${bucket}/a%20key`, { body: "hello", headers });
  const got = await send("GET", `/${bucket}/a%20key`, { query: { versionId: "null" } });
  expect(await got.text()).toBe("hello");
  await send("GET", `/${bucket}/missing`);
  const [first, second, third, ...others] = await logOf(target);
  expect(others).toEqual([]);
  expect(first).toMatchObject({
    bucket,
    requestId: put.headers.get("x-amz-request-id"),
    hostId: put.headers.get("x-amz-id-2"),
    requester: first?.["ownerId"],
    operation: "REST.PUT.OBJECT",
    key: "a%2520key",
    uri: `"PUT /${bucket}/a%20key HTTP/1.1"`,
    status: "200",
    errorCode: "-",
    bytesSent: "-",
    objectSize: "5",
    referer: '"https://example.com/a?b"',
    userAgent: '"tester/1"',
    versionId: "-",
    signatureVersion: "SigV4",
    authenticationType: "AuthHeader",
    host: new URL(ENDPOINT).host,
    aclRequired: "-",
  });
  expect(first?.["ownerId"]).toMatch(/^[0-9a-f]{64}$/);
  expect(first?.["time"]).toMatch(/^\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\]$/);
  expect(second).toMatchObject({
    operation: "REST.GET.OBJECT",
    bytesSent: "5",
    objectSize: "5",
    versionId: "null",
  });
  expect(third).toMatchObject({ status: "404", errorCode: "NoSuchKey", key: "missing" });
});

test("of a bucket that is not logged, and of one that no longer is, nothing is kept", async () => {
  const { bucket, target } = await loggedBucket();
  await expectOk(putLogging(bucket, ""));
  await send("PUT", `/${bucket}/a`, { body: "a" });
  await send("PUT", `/${target}/b`, { body: "b" });
  const rows = await query<{ lines: string }>(
    `${await bucketIdOf(target)}/0`,
    "SELECT lines FROM log_batch",
  );
  const operations = parseLog(rows.map(({ lines }) => lines).join("")).map(
    (one) => one["operation"],
  );
  expect(new Set(operations)).toEqual(new Set(["REST.PUT.LOGGING_STATUS"]));
});

test("bytes sent are those of the range, and those that a client took that hung up", async () => {
  const { bucket, target } = await loggedBucket();
  await put(bucket, "large", new Uint8Array(900_000));
  const ranged = await signRequest("GET", `/${bucket}/large`, {
    headers: { range: "bytes=0-99999" },
  });
  const part = createExecutionContext();
  const whole = await app.fetch(ranged, env, part);
  expect((await whole.arrayBuffer()).byteLength).toBe(100_000);
  expect(whole.headers.get("content-length")).toBe("100000");
  await waitOnExecutionContext(part);

  const context = createExecutionContext();
  const broken = await app.fetch(await signRequest("GET", `/${bucket}/large`), env, context);
  const reader = broken.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await waitOnExecutionContext(context);

  const reads = (await logOf(target)).filter(({ operation }) => operation === "REST.GET.OBJECT");
  expect(reads[0]).toMatchObject({ bytesSent: "100000", objectSize: "900000", status: "206" });
  expect(reads[1]).toMatchObject({ objectSize: "900000", status: "200" });
  const taken = Number(reads[1]?.["bytesSent"]);
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(900_000);
});

test("whoever may read the log cannot use its presigned URLs", async () => {
  const { bucket, target } = await loggedBucket();
  await put(bucket, "a", "secret");
  const context = createExecutionContext();
  const url = `${ENDPOINT}/${bucket}/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=abc123&X-Amz-Security-Token=tok&x=1`;
  await app.fetch(new Request(url, { headers: { host: new URL(ENDPOINT).host } }), env, context);
  await waitOnExecutionContext(context);
  const record = (await logOf(target)).at(-1);
  expect(record).toMatchObject({ authenticationType: "QueryString", signatureVersion: "SigV4" });
  expect(record?.["uri"]).toContain("X-Amz-Signature=REDACTED&X-Amz-Security-Token=REDACTED&x=1");
});

test("nor those of where a client came from, or whose names are encoded", async () => {
  const { bucket, target } = await loggedBucket();
  await put(bucket, "a", "secret");
  const secrets = "X-Amz-S%69gnature=abc123&x-amz-SECURITY-token=tok&x=1&Signature=abc123";
  const url = `${ENDPOINT}/${bucket}/a?${secrets}`;
  const context = createExecutionContext();
  const headers = { host: new URL(ENDPOINT).host, referer: `https://site/?a=b&${secrets}` };
  await app.fetch(new Request(url, { headers }), env, context);
  await waitOnExecutionContext(context);
  const record = (await logOf(target)).at(-1);
  for (const field of ["uri", "referer"]) {
    expect(record?.[field]).toContain("REDACTED&x=1&Signature=REDACTED");
    expect(record?.[field]).not.toMatch(/abc123|tok&/);
  }
});

test("a line says whether nothing but an ACL let the request in", async () => {
  const { bucket, target } = await loggedBucket();
  await put(bucket, "public", "p", { "x-amz-acl": "public-read" });
  const visit = async (key: string) => {
    const context = createExecutionContext();
    const headers = { host: new URL(ENDPOINT).host };
    const answer = await app.fetch(
      new Request(`${ENDPOINT}/${bucket}/${key}`, { headers }),
      env,
      context,
    );
    await answer.text();
    await waitOnExecutionContext(context);
    return answer.status;
  };
  expect(await visit("public")).toBe(200);
  const body = policyText(bucket, [{ Action: "s3:GetObject", on: ["*"] }]);
  await expectOk(send("PUT", `/${bucket}`, { query: { policy: "" }, body }), 204);
  expect(await visit("public")).toBe(200);
  const reads = (await logOf(target)).filter(({ operation }) => operation === "REST.GET.OBJECT");
  expect(reads.map(({ aclRequired }) => aclRequired)).toEqual(["Yes", "-"]);
  expect(reads[0]).toMatchObject({
    requester: "-",
    signatureVersion: "-",
    authenticationType: "-",
  });
});

test("another account's request is told by that account", async () => {
  const { bucket, target } = await loggedBucket();
  const { id, keys } = await newAccount();
  await expectOk(fetchAs(keys, "GET", `/${bucket}/a`), 403);
  const record = (await logOf(target)).at(-1);
  expect(record).toMatchObject({ status: "403", errorCode: "AccessDenied" });
  expect(record?.["requester"]).not.toBe(record?.["ownerId"]);
  expect(id).toHaveLength(12);
});

test("a copy has a line in the log of its source, too", async () => {
  const [source, destination] = [await loggedBucket(), await loggedBucket()];
  await put(source.bucket, "a", "four");
  const headers = { "x-amz-copy-source": `/${source.bucket}/a` };
  const copied = await send("PUT", `/${destination.bucket}/b`, { headers });
  expect(copied.status).toBe(200);
  const ofSource = (await logOf(source.target)).at(-1);
  expect(ofSource).toMatchObject({
    bucket: source.bucket,
    operation: "REST.COPY.OBJECT_GET",
    key: "a",
    objectSize: "4",
    requestId: copied.headers.get("x-amz-request-id"),
  });
  const own = (await logOf(destination.target)).at(-1);
  expect(own).toMatchObject({ operation: "REST.COPY.OBJECT", key: "b", objectSize: "4" });
});

test("one request that deletes several keys has a line for each", async () => {
  const { bucket, target } = await loggedBucket();
  await put(bucket, "a", "a");
  const body =
    "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>nonsense</VersionId></Object></Delete>";
  expect((await send("POST", `/${bucket}`, { query: { delete: "" }, body })).status).toBe(200);
  const records = (await logOf(target)).slice(-3);
  expect(records.map(({ operation }) => operation)).toEqual([
    "REST.POST.MULTI_OBJECT_DELETE",
    "BATCH.DELETE.OBJECT",
    "BATCH.DELETE.OBJECT",
  ]);
  expect(records[1]).toMatchObject({ key: "a", status: "204" });
  expect(records[2]).toMatchObject({ key: "b", errorCode: "NoSuchVersion", status: "404" });
});

test("a preflight and a page of a website have lines", async () => {
  const { bucket, target } = await loggedBucket();
  const visit = async (method: string, url: string, headers: Record<string, string>) => {
    const context = createExecutionContext();
    const answer = await app.fetch(new Request(url, { method, headers }), env, context);
    await answer.text();
    await waitOnExecutionContext(context);
  };
  await visit("OPTIONS", `${ENDPOINT}/${bucket}/a`, {
    host: new URL(ENDPOINT).host,
    origin: "https://example.com",
    "access-control-request-method": "GET",
  });
  const host = `${bucket}.s3-website.localhost`;
  await visit("GET", `http://${host}/index.html`, { host });
  const operations = (await logOf(target)).map(({ operation }) => operation);
  expect(operations.slice(-2)).toEqual(["REST.OPTIONS.PREFLIGHT", "WEBSITE.GET.OBJECT"]);
});

test("the grants of the log are those of its objects, and the owner's", async () => {
  const grant =
    '<TargetGrants><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AuthenticatedUsers</URI></Grantee><Permission>READ</Permission></Grant></TargetGrants>';
  const { bucket, target } = await loggedBucket("log/", grant);
  await send("PUT", `/${bucket}/a`, { body: "a" });
  const [key = ""] = await deliverLog(target);
  const acl = await (await signedFetch("GET", `/${target}/${key}`, { query: { acl: "" } })).text();
  expect(acl.match(/<Permission>[A-Z_]+/g)).toEqual([
    "<Permission>READ",
    "<Permission>FULL_CONTROL",
  ]);
  // What the target no longer takes, the log goes without.
  const rule = "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>";
  const body = `<OwnershipControls>${rule}</OwnershipControls>`;
  await expectOk(signedFetch("PUT", `/${target}`, { query: { ownershipControls: "" }, body }));
  await send("PUT", `/${bucket}/a`, { body: "a" });
  expect(await deliverLog(target)).toHaveLength(2);
});

test("where the target does not let the log in any more, its lines are dropped", async () => {
  const { bucket, target } = await loggedBucket();
  await expectOk(signedFetch("DELETE", `/${target}`, { query: { policy: "" } }), 204);
  await send("PUT", `/${bucket}/a`, { body: "a" });
  expect(await deliverLog(target)).toEqual([]);
  expect(await query(`${await bucketIdOf(target)}/0`, "SELECT id FROM log_batch")).toEqual([]);
});

test("a bucket may be deleted that logs go to, and a log goes to the one that has its name then", async () => {
  const { bucket, target } = await loggedBucket();
  await expectOk(signedFetch("DELETE", `/${target}`), 204);
  expect((await send("PUT", `/${bucket}/a`, { body: "a" })).status).toBe(200);
  await expectOk(signedFetch("PUT", `/${target}`));
  await putPolicy(target, {
    Principal: { Service: "logging.s3.amazonaws.com" },
    Action: "s3:PutObject",
    on: ["*"],
  });
  await send("PUT", `/${bucket}/b`, { body: "b" });
  expect((await logOf(target)).map(({ key }) => key)).toEqual(["b"]);
});

test("a log that logs itself is one object a roll, and no more", async () => {
  const target = await logBucket();
  await expectOk(putLogging(target, loggingTo(target)));
  await send("PUT", `/${target}/a`, { body: "a" });
  expect(await deliverLog(target)).toHaveLength(2);
  const shard = `${await bucketIdOf(target)}/0`;
  await vi.waitUntil(async () => (await query(shard, "SELECT id FROM log_batch")).length === 1);
  // Not before its time.
  expect(await runDueAlarm(shard)).toBe(0);
  const records = await logOf(target);
  const writes = records.filter(({ requester }) => requester === `svc:logging.s3.amazonaws.com`);
  expect(writes).toHaveLength(1);
  expect(writes[0]).toMatchObject({ operation: "REST.PUT.OBJECT", status: "200" });
});

test("a log by the date of its events has objects for each day", async () => {
  const format =
    "<TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>EventTime</PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>";
  const { bucket, target } = await loggedBucket("p/", format);
  await send("PUT", `/${bucket}/a`, { body: "a" });
  const [key = ""] = await deliverLog(target);
  expect(key).toMatch(
    new RegExp(
      `^p/000000000000/us-east-1/${bucket}/\\d{4}/\\d\\d/\\d\\d/\\d{4}-\\d\\d-\\d\\d-00-00-00-[0-9A-F]{16}$`,
    ),
  );
});

test("a bucket's own other bucket is logged in the same object as often as it is asked", async () => {
  const bucket = await uniqueBucket();
  const target = await logBucket();
  await expectOk(putLogging(bucket, loggingTo(target)));
  for (const key of ["a", "b", "c"]) await send("PUT", `/${bucket}/${key}`, { body: key });
  expect(await deliverLog(target)).toHaveLength(1);
  expect((await logOf(target)).map(({ key }) => key)).toEqual(["a", "b", "c"]);
});
