import { beforeAll, describe, expect, test } from "vitest";
import { newIamAccount } from "../support/query-api.ts";
import { anonymously, expectDenied } from "../support/anonymous.ts";
import { fetchAs } from "../support/accounts.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { edgeFetch, LISTABLE, putEdge, READABLE } from "../support/edge.ts";
import { newUserOf, policyText } from "../support/users.ts";

const PUBLIC = '{"mode":"public","maxAgeSeconds":60}';

async function settingOf(bucket: string): Promise<unknown> {
  return (await expectOk(edgeFetch("GET", bucket))).json();
}

async function readableBucket(): Promise<string> {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, READABLE);
  return bucket;
}

describe("a bucket's setting of the edge", () => {
  test("is off until it is put, and after it was deleted, or put as off", async () => {
    const bucket = await readableBucket();
    expect(await settingOf(bucket)).toEqual({ mode: "off" });
    await expectOk(edgeFetch("PUT", bucket, PUBLIC), 204);
    expect(await settingOf(bucket)).toEqual({ mode: "public", maxAgeSeconds: 60 });
    await expectOk(edgeFetch("PUT", bucket, '{"mode":"off"}'), 204);
    expect(await settingOf(bucket)).toEqual({ mode: "off" });
    await putEdge(bucket, 5);
    await expectOk(edgeFetch("DELETE", bucket), 204);
    await expectOk(edgeFetch("DELETE", bucket), 204);
    expect(await settingOf(bucket)).toEqual({ mode: "off" });
  });

  let readable = "";
  beforeAll(async () => {
    readable = await readableBucket();
  });

  test.for([
    "",
    "{",
    "[]",
    "null",
    '"public"',
    "{}",
    '{"mode":"bytes"}',
    '{"mode":"public"}',
    '{"mode":"off","maxAgeSeconds":60}',
    '{"mode":"public","maxAgeSeconds":0}',
    '{"mode":"public","maxAgeSeconds":86401}',
    '{"mode":"public","maxAgeSeconds":1.5}',
    '{"mode":"public","maxAgeSeconds":"60"}',
    '{"mode":"public","maxAgeSeconds":null}',
    '{"mode":"public","maxAgeSeconds":60,"other":1}',
    '{"mode":"public","maxAgeSeconds":60,"maxAgeSeconds":5}',
    '{"mode":"public","__proto__":{"maxAgeSeconds":60}}',
    '{"mode":"public","maxAgeSeconds":1e400}',
    "\u00ff\u0000",
    "[".repeat(50_000),
  ])("is not %j", async (document) => {
    await expectError(await edgeFetch("PUT", readable, document), 400, "InvalidRequest");
    expect(await settingOf(readable)).toEqual({ mode: "off" });
  });

  test.for<{ why: string; statements: Parameters<typeof putPolicy>[1][] }>([
    { why: "another action is open", statements: [LISTABLE] },
    {
      why: "a condition is on it",
      statements: [{ ...READABLE, Condition: { IpAddress: { "aws:SourceIp": "1.2.3.4/32" } } }],
    },
    {
      why: "an account may, and not everybody",
      statements: [{ ...READABLE, Principal: { AWS: "arn:aws:iam::000000000000:root" } }],
    },
    { why: "it is a Deny", statements: [{ ...READABLE, Effect: "Deny" }] },
  ])("cannot be public while $why", async ({ statements }) => {
    const bucket = await uniqueBucket();
    await putPolicy(bucket, ...statements);
    await expectError(await edgeFetch("PUT", bucket, PUBLIC), 409, "InvalidBucketState");
    expect(await settingOf(bucket)).toEqual({ mode: "off" });
  });

  test("cannot be public by an ACL alone, without a policy, or where public access is restricted", async () => {
    const bucket = await uniqueBucket();
    await expectError(await edgeFetch("PUT", bucket, PUBLIC), 409, "InvalidBucketState");
    const headers = { "x-amz-acl": "public-read" };
    await expectOk(signedFetch("PUT", `/${bucket}`, { query: { acl: "" }, headers }));
    await expectError(await edgeFetch("PUT", bucket, PUBLIC), 409, "InvalidBucketState");
    await putPolicy(bucket, READABLE);
    const body =
      "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    await expectOk(signedFetch("PUT", `/${bucket}`, { query: { publicAccessBlock: "" }, body }));
    await expectError(await edgeFetch("PUT", bucket, PUBLIC), 409, "InvalidBucketState");
  });

  test.for([
    ["GET", "edge", 404],
    ["PUT", "edge", 404],
    ["DELETE", "edge", 404],
    ["POST", "purge", 404],
  ] as const)("%s %s of a bucket that there is not is NoSuchBucket", async ([method, subject]) => {
    const body = method === "PUT" ? PUBLIC : undefined;
    const answer = await edgeFetch(method, "no-such-bucket", body, subject);
    await expectError(answer, 404, "NoSuchBucket");
  });

  test("cannot be purged while it is off", async () => {
    await expectError(
      await edgeFetch("POST", readable, undefined, "purge"),
      409,
      "InvalidBucketState",
    );
  });

  test.for(["POST edge", "HEAD purge", "GET purge", "DELETE purge", "PUT purge", "GET edge/x"])(
    "%s is nothing",
    async (name) => {
      const [method = "", subject = ""] = name.split(" ");
      const answer = await edgeFetch(method, readable, undefined, subject);
      expect([404, 405]).toContain(answer.status);
    },
  );

  test("is an object's name to whoever asks a bucket of that name", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "_ledge/buckets/b/edge", "mine");
    const found = await signedFetch("GET", `/${bucket}/_ledge/buckets/b/edge`);
    expect(await found.text()).toBe("mine");
  });
});

describe("whose it is", () => {
  const METHODS = [
    ["GET", "edge"],
    ["PUT", "edge"],
    ["DELETE", "edge"],
    ["POST", "purge"],
  ] as const;

  test.for(METHODS)("nobody's without a signature: %s %s", async ([method, subject]) => {
    const bucket = await readableBucket();
    const everything = { Action: "s3:*", on: ["", "*"] };
    await putPolicy(bucket, everything);
    await putEdge(bucket, 60);
    const path = `/_ledge/buckets/${bucket}/${subject}`;
    const answer = await anonymously(method, path, method === "PUT" ? { body: PUBLIC } : {});
    expect([403, 405]).toContain(answer.status);
    expect(await settingOf(bucket)).toEqual({ mode: "public", maxAgeSeconds: 60 });
  });

  test("another account's neither, whatever the policy says", async () => {
    const bucket = await readableBucket();
    await putPolicy(bucket, { Action: "s3:*", on: ["", "*"] });
    await putEdge(bucket, 60);
    const { keys } = await newIamAccount();
    for (const [method, subject] of METHODS) {
      const path = `/_ledge/buckets/${bucket}/${subject}`;
      const answer = await fetchAs(keys, method, path, method === "PUT" ? { body: PUBLIC } : {});
      expect([403, 405], method).toContain(answer.status);
    }
    expect(await settingOf(bucket)).toEqual({ mode: "public", maxAgeSeconds: 60 });
  });

  test.for([
    { action: "s3:GetBucketPolicy", may: ["GET edge"] },
    { action: "s3:PutBucketPolicy", may: ["PUT edge", "POST purge", "DELETE edge"] },
    { action: "s3:DeleteBucketPolicy", may: [] },
  ])("a user's who may $action: $may", async ({ action, may }) => {
    const account = await newIamAccount();
    const bucket = `edge-${crypto.randomUUID().slice(0, 12)}`;
    const root = account.keys;
    expect((await fetchAs(root, "PUT", `/${bucket}`)).status).toBe(200);
    const resource = `arn:aws:s3:::${bucket}`;
    const body = policyText({
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `${resource}/*`,
    });
    expect((await fetchAs(root, "PUT", `/${bucket}?policy`, { body })).status).toBe(204);
    const path = (subject: string): string => `/_ledge/buckets/${bucket}/${subject}`;
    expect((await fetchAs(root, "PUT", path("edge"), { body: PUBLIC })).status).toBe(204);
    const own = policyText({ Effect: "Allow", Action: action, Resource: resource });
    const { keys } = await newUserOf(account, own);
    for (const [method, subject] of [...METHODS].toSorted(([a], [b]) => (a < b ? 1 : -1))) {
      const init = method === "PUT" ? { body: PUBLIC } : {};
      const { status } = await fetchAs(keys, method, path(subject), init);
      const isAllowed = may.includes(`${method} ${subject}`);
      expect(status, `${method} ${subject}`).toBe(isAllowed ? (method === "GET" ? 200 : 204) : 403);
    }
  });

  test("it is no longer public once its policy lets nobody read", async () => {
    const bucket = await readableBucket();
    await putObject(bucket, "k", "body");
    await putEdge(bucket, 60);
    await putPolicy(bucket, LISTABLE);
    await expectDenied("GET", `/${bucket}/k`);
    await putPolicy(bucket, READABLE);
    expect((await anonymously("GET", `/${bucket}/k`)).status).toBe(200);
  });
});
