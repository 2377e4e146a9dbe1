import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { delivered } from "../../src/domain/engines/write-internally.ts";
import { deploymentOf, portsOf } from "../../src/http/deployment.ts";
import type { ServiceCaller } from "../../src/protocol/caller.ts";
import type { Delivery, Engines, InternalWrite } from "../../src/storage/ports/engines.ts";
import { newAccount, fetchAs } from "../support/accounts.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { expectSameBytes } from "../support/bytes.ts";
import { putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { blobsIn, bucketIdOf, envWithFailing } from "../support/faults.ts";
import { recordOf } from "../support/bucket-record.ts";
import type { PolicyStatement } from "../support/policy-text.ts";
import { listVersions, setVersioning } from "../support/versions.ts";

const SERVICE = "logging.s3.amazonaws.com";
const LOGGER: ServiceCaller = {
  kind: "service",
  name: SERVICE,
  sourceArn: "arn:aws:s3:::source",
  sourceAccountId: "000000000000",
};

/** Of a bucket, as {@link write} asks for it. */
function writeOf(bucket: string, changes: Partial<InternalWrite> = {}): InternalWrite {
  const body = new TextEncoder().encode("what was logged");
  return { caller: LOGGER, bucket, key: "log/1", headers: {}, body, ...changes };
}

/** From a shard of some bucket, as its alarm does it. */
async function write(bucket: string, changes: Partial<InternalWrite> = {}): Promise<Delivery> {
  const shard = env.BUCKET_INDEX.getByName(`${await bucketIdOf(bucket)}/0`);
  return runInDurableObject(shard, (_, { exports }) => {
    // The runtime's types make a promise of each kind of answer.
    const engines = exports.Engines as unknown as Engines;
    return engines.write(writeOf(bucket, changes));
  });
}

const DONE: Delivery = { kind: "done" };
const DENIED: Delivery = { kind: "refused", reason: "AccessDenied" };

function allow(key: string, more: Partial<PolicyStatement> = {}): PolicyStatement {
  return { Principal: { Service: SERVICE }, Action: "s3:PutObject", on: [key], ...more };
}

const OF_SOURCE = {
  ArnLike: { "aws:SourceArn": "arn:aws:s3:::source" },
  StringEquals: { "aws:SourceAccount": "000000000000" },
};

test.for<{
  because: string;
  statements: PolicyStatement[];
  changes?: Partial<InternalWrite>;
  expected: Delivery;
}>([
  { because: "nothing allows it", statements: [], expected: DENIED },
  { because: "the policy names the service", statements: [allow("log/*")], expected: DONE },
  {
    because: "the policy names the service for this source",
    statements: [allow("log/*", { Condition: OF_SOURCE })],
    expected: DONE,
  },
  {
    because: "the policy names the service for another source",
    statements: [
      allow("log/*", { Condition: { ArnLike: { "aws:SourceArn": "arn:aws:s3:::other" } } }),
    ],
    expected: DENIED,
  },
  {
    because: "the policy names the service for another account",
    statements: [
      allow("log/*", { Condition: { StringEquals: { "aws:SourceAccount": "999999999999" } } }),
    ],
    expected: DENIED,
  },
  {
    because: "the policy names another service",
    statements: [allow("log/*", { Principal: { Service: "s3.amazonaws.com" } })],
    expected: DENIED,
  },
  {
    because: "the policy names everybody, and the service is none of those",
    statements: [allow("*", { Principal: "*" })],
    expected: DENIED,
  },
  { because: "the policy names other keys", statements: [allow("other/*")], expected: DENIED },
  {
    because: "the policy names just the prefix, which counts",
    statements: [allow("log/")],
    changes: { alsoKey: "log/" },
    expected: DONE,
  },
  {
    because: "the key itself is denied, whatever the prefix is allowed",
    statements: [allow("log/"), allow("log/1", { Effect: "Deny" })],
    changes: { alsoKey: "log/" },
    expected: DENIED,
  },
  {
    because: "everything that goes over no TLS is denied, and this goes over no wire",
    statements: [
      allow("log/*"),
      allow("*", {
        Effect: "Deny",
        Principal: "*",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
    ],
    expected: DONE,
  },
  {
    because: "an owner's own buckets need no policy",
    statements: [],
    changes: { caller: { ...LOGGER, ownerId: "owner" } },
    expected: DONE,
  },
  {
    because: "a policy denies it in an owner's own bucket",
    statements: [allow("*", { Effect: "Deny", Principal: "*" })],
    changes: { caller: { ...LOGGER, ownerId: "owner" } },
    expected: DENIED,
  },
  {
    because: "another account's buckets are not an owner's own",
    statements: [],
    changes: { caller: { ...LOGGER, ownerId: "somebody-else" } },
    expected: DENIED,
  },
])(
  "an internal write where $because: $expected.kind",
  async ({ statements, changes = {}, expected }) => {
    const bucket = await uniqueBucket();
    if (statements.length > 0) await putPolicy(bucket, ...statements);
    const { ownerId } = await recordOf(bucket);
    const isOwners = changes.caller?.ownerId === "owner";
    const caller = isOwners ? { ...LOGGER, ownerId } : (changes.caller ?? LOGGER);
    expect(await write(bucket, { ...changes, caller })).toEqual(expected);
    const found = await signedFetch("GET", `/${bucket}/log/1`);
    expect(found.status === 200 ? await found.text() : found.status).toBe(
      expected.kind === "done" ? "what was logged" : 404,
    );
  },
);

test("the group LogDelivery may write by the bucket's ACL, and no other service is in it", async () => {
  const bucket = await uniqueBucket();
  const headers = { "x-amz-acl": "log-delivery-write" };
  await expectOk(signedFetch("PUT", `/${bucket}`, { query: { acl: "" }, headers }));
  expect(await write(bucket)).toEqual(DONE);
  const caller = { ...LOGGER, name: "s3.amazonaws.com" };
  expect(await write(bucket, { caller, key: "other" })).toEqual(DENIED);
});

test("what is written internally is the bucket owner's, with the ACL that its headers ask for", async () => {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, allow("*"));
  const { ownerId } = await recordOf(bucket);
  const headers = { "content-type": "text/plain", "x-amz-acl": "public-read" };
  expect(await write(bucket, { headers })).toEqual(DONE);
  const found = await signedFetch("GET", `/${bucket}/log/1`);
  expect(found.headers.get("content-type")).toBe("text/plain");
  const acl = await (await signedFetch("GET", `/${bucket}/log/1`, { query: { acl: "" } })).text();
  expect(acl).toContain(`<Owner><ID>${ownerId}</ID>`);
  expect(acl).toContain("groups/global/AllUsers");
});

test("an internal write obeys the target's versioning and its default encryption", async () => {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, allow("*"));
  await setVersioning(bucket, "Enabled");
  const rule =
    "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>";
  await expectOk(
    putDocument(`/${bucket}`, { encryption: "" }, "ServerSideEncryptionConfiguration", rule),
  );
  const body = new Uint8Array(300_000).fill(7);
  expect(await write(bucket, { body })).toEqual(DONE);
  expect(await write(bucket)).toEqual(DONE);
  const { versions } = await listVersions(bucket);
  expect(versions).toHaveLength(2);
  const versionId = versions[1]?.id ?? "";
  const first = await signedFetch("GET", `/${bucket}/log/1`, { query: { versionId } });
  expect(first.headers.get("x-amz-server-side-encryption")).toBe("aws:kms");
  expectSameBytes(await first.arrayBuffer(), body);
});

test("an internal write into a bucket whose requesters pay, or into none, is refused", async () => {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, allow("*"));
  const payer = "<Payer>Requester</Payer>";
  await expectOk(
    putDocument(`/${bucket}`, { requestPayment: "" }, "RequestPaymentConfiguration", payer),
  );
  expect(await write(bucket)).toEqual(DENIED);
  const refused = { kind: "refused", reason: "NoSuchBucket" };
  expect(await writeBy(writeOf("no-such-bucket-at-all"))).toEqual(refused);
});

/** By a gateway with these bindings. */
function writeBy(write: InternalWrite, bindings: Cloudflare.Env = env): Promise<Delivery> {
  return delivered(portsOf(bindings, deploymentOf(bindings), createExecutionContext()), write);
}

test("an internal write goes by the bucket that has the name now, and by its newest policy", async () => {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, allow("*"));
  expect(await write(bucket)).toEqual(DONE);
  await expectOk(signedFetch("DELETE", `/${bucket}/log/1`), 204);
  await expectOk(signedFetch("DELETE", `/${bucket}`), 204);
  const { keys } = await newAccount();
  await expectOk(fetchAs(keys, "PUT", `/${bucket}`));
  expect(await write(bucket)).toEqual(DENIED);
});

test.for(["before", "after"] as const)(
  "an internal write whose shard fails %s it takes effect is to be tried again",
  async (when) => {
    const bucket = await uniqueBucket();
    await putPolicy(bucket, allow("*"));
    const outcome = await writeBy(writeOf(bucket), envWithFailing("commit", when));
    expect(outcome).toMatchObject({ kind: "retry" });
    expect(await write(bucket)).toEqual(DONE);
    await putObject(bucket, "another");
    expect(await blobsIn(bucket)).toEqual([]);
  },
);
