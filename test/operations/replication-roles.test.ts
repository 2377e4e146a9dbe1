import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { Engines } from "../../src/entrypoints/engines.ts";
import type { InventoryRun } from "../../src/storage/ports/inventory.ts";
import { putObject, signedFetch } from "../support/client.ts";
import { bucketIdOf, faultyEnv } from "../support/faults.ts";
import { newName, queried } from "../support/query-api.ts";
import { becomes, putReplication, ruleTo, statusOf } from "../support/replication.ts";
import { policyText } from "../support/users.ts";
import { put, versionedBucket } from "../support/versions.ts";

const SOURCE = ["GetObjectVersionForReplication", "GetObjectVersionAcl", "GetObjectVersionTagging"];
const TARGET = ["ReplicateObject", "ReplicateDelete", "ReplicateTags"];

const trusting = (Principal: object, Condition: object = {}) =>
  policyText({ Effect: "Allow", Principal, Action: "sts:AssumeRole", Condition });
const TRUST = trusting({ Service: "s3.amazonaws.com" });

const allowing = (bucket: string, actions: readonly string[], keys = "*") => ({
  Effect: "Allow",
  Action: actions.map((action) => `s3:${action}`),
  Resource: `arn:aws:s3:::${bucket}/${keys}`,
});

interface Role {
  readonly name: string;
  readonly arn: string;
}

async function newRole(trust = TRUST, more: Readonly<Record<string, string>> = {}): Promise<Role> {
  const name = newName("role");
  await queried("CreateRole", { RoleName: name, AssumeRolePolicyDocument: trust, ...more });
  return { name, arn: `arn:aws:iam::${env.ACCOUNT_ID}:role/${name}` };
}

const allow = ({ name }: Role, ...statements: readonly object[]) =>
  queried("PutRolePolicy", {
    RoleName: name,
    PolicyName: "own",
    PolicyDocument: policyText(...statements),
  });

interface World extends Role {
  readonly from: string;
  readonly to: string;
}

/** Two buckets, of which one goes to the other as a new role, which has no policies. */
async function newWorld(...given: Parameters<typeof newRole>): Promise<World> {
  const [from, to, role] = [
    await versionedBucket(),
    await versionedBucket(),
    await newRole(...given),
  ];
  expect((await putReplication(from, ruleTo(to), role.arn)).status).toBe(200);
  return { ...role, from, to };
}

async function reasons(bucket: string): Promise<readonly string[]> {
  const answer = await signedFetch("GET", `/_ledge/buckets/${bucket}/dead-letters`);
  const { deadLetters } = await answer.json<{ deadLetters: readonly { reason: string }[] }>();
  return deadLetters.map(({ reason }) => reason);
}

async function expectFailure(reason: string, bucket: string, key: string): Promise<void> {
  await becomes("FAILED", bucket, key);
  expect(await reasons(bucket)).toContain(reason);
}

test("a role that exists replicates what its policies allow, and no more", async () => {
  const world = await newWorld();
  const { from, to } = world;
  await put(from, "k", "x");
  await expectFailure("SrcGetObjectNotPermitted", from, "k");
  await allow(world, allowing(from, SOURCE));
  await put(from, "k", "x");
  await expectFailure("AccessDenied", from, "k");
  await allow(world, allowing(from, SOURCE), allowing(to, ["ReplicateObject"]));
  await put(from, "k", "x");
  await becomes("COMPLETED", from, "k");
  // Tags are allowed apart, and so are markers.
  await putObject(from, "tagged", "x", { "x-amz-tagging": "a=b" });
  await becomes("FAILED", from, "tagged");
  await allow(world, allowing(from, SOURCE), allowing(to, TARGET));
  await signedFetch("POST", `/_ledge/buckets/${from}/replication/resync`);
  await becomes("COMPLETED", from, "tagged");
  expect((await signedFetch("GET", `/${to}/tagged`)).headers.get("x-amz-tagging-count")).toBe("1");
});

test("what a role may not read of the source stays there", async () => {
  const world = await newWorld();
  const { from, to } = world;
  const read = (actions: readonly string[]) =>
    allow(world, allowing(from, actions), allowing(to, TARGET));
  await read(["GetObjectVersionForReplication"]);
  await putObject(from, "tagged", "x", { "x-amz-tagging": "a=b" });
  await expectFailure("SrcGetTagsNotPermitted", from, "tagged");
  await putObject(from, "public", "x", { "x-amz-acl": "public-read" });
  await expectFailure("SrcGetObjectNotPermitted", from, "public");
  await put(from, "plain", "x");
  await becomes("COMPLETED", from, "plain");
  // As older policies say it; not of what is under a key of KMS.
  await read(["GetObjectVersion"]);
  await put(from, "older", "x");
  await becomes("COMPLETED", from, "older");
});

test("a policy about some keys and some tags decides of each version", async () => {
  const world = await newWorld();
  const { from, to } = world;
  const Condition = { StringEquals: { "s3:ExistingObjectTag/may": "go" } };
  await allow(
    world,
    { ...allowing(from, ["GetObjectVersion", "GetObjectVersionTagging"]), Condition },
    allowing(to, TARGET, "open/*"),
  );
  await putObject(from, "open/tagged", "x", { "x-amz-tagging": "may=go" });
  await putObject(from, "open/other", "x", { "x-amz-tagging": "may=stay" });
  await putObject(from, "shut/tagged", "x", { "x-amz-tagging": "may=go" });
  await becomes("COMPLETED", from, "open/tagged");
  await becomes("FAILED", from, "open/other");
  await becomes("FAILED", from, "shut/tagged");
  expect((await reasons(from)).toSorted()).toEqual(["AccessDenied", "SrcGetObjectNotPermitted"]);
});

test.for<[string, (from: string) => string]>([
  ["trusts another service", () => trusting({ Service: "ec2.amazonaws.com" })],
  ["trusts accounts", () => trusting({ AWS: "*" })],
  [
    "trusts S3 for another bucket",
    () =>
      trusting(
        { Service: "s3.amazonaws.com" },
        { ArnEquals: { "aws:SourceArn": "arn:aws:s3:::other" } },
      ),
  ],
])("a role that %s replicates nothing", async ([, trust]) => {
  const world = await newWorld(trust(""));
  const { from, to, name } = world;
  await allow(world, allowing(from, SOURCE), allowing(to, TARGET));
  await put(from, "k", "x");
  await expectFailure("AssumeRoleNotPermitted", from, "k");
  const sourced = trusting(
    { Service: "s3.amazonaws.com" },
    { ArnEquals: { "aws:SourceArn": `arn:aws:s3:::${from}` } },
  );
  await queried("UpdateAssumeRolePolicy", { RoleName: name, PolicyDocument: sourced });
  await put(from, "k", "x");
  await becomes("COMPLETED", from, "k");
});

test("a Deny of the source's policy, and a boundary, hold for a role as well", async () => {
  const everything = policyText({ Effect: "Allow", Action: "s3:*", Resource: "*" });
  const boundary = policyText({ Effect: "Allow", Action: "s3:Get*", Resource: "*" });
  const name = newName("boundary");
  await queried("CreatePolicy", { PolicyName: name, PolicyDocument: boundary });
  const arn = `arn:aws:iam::${env.ACCOUNT_ID}:policy/${name}`;
  const bounded = await newWorld(TRUST, { PermissionsBoundary: arn });
  const denied = await newWorld();
  for (const { name: RoleName } of [bounded, denied])
    await queried("PutRolePolicy", { RoleName, PolicyName: "own", PolicyDocument: everything });
  const body = policyText({
    Effect: "Deny",
    Principal: "*",
    Action: "s3:GetObjectVersionForReplication",
    Resource: `arn:aws:s3:::${denied.from}/k`,
  });
  await signedFetch("PUT", `/${denied.from}`, { query: { policy: "" }, body });
  await put(bounded.from, "k", "x");
  await put(denied.from, "other", "x");
  await expectFailure("AccessDenied", bounded.from, "k");
  await becomes("COMPLETED", denied.from, "other");
  expect(await statusOf(denied.from, "other")).toBe("COMPLETED");
});

test.for([
  { access: "account", expected: { kind: "done" } },
  { access: "policies", expected: { kind: "refused", reason: "AssumeRoleNotPermitted" } },
])(
  "a role that IAM does not know is, with SERVICE_ACCESS $access, $expected.kind",
  async ({ access, expected }) => {
    const [name, to] = [await versionedBucket(), await versionedBucket()];
    const engines = enginesWith(access);
    const ownerId = await ownerIdOf(name);
    const [answer] = await engines.replicate({
      source: { name, region: "us-east-1", ownerId, bucketId: await bucketIdOf(name) },
      destination: `arn:aws:s3:::${to}`,
      ownerId,
      role: `arn:aws:iam::${env.ACCOUNT_ID}:role/${newName("missing")}`,
      versions: [
        {
          key: "k",
          versionId: "1".repeat(32),
          object: undefined,
          destination: { Bucket: `arn:aws:s3:::${to}` } as never,
          isChange: false,
          hasAnnotations: false,
          newer: [],
        },
      ],
    });
    expect(answer).toEqual(expected);
  },
);

async function ownerIdOf(bucket: string): Promise<string> {
  const acl = await (await signedFetch("GET", `/${bucket}`, { query: { acl: "" } })).text();
  return /<ID>(\w+)<\/ID>/.exec(acl)?.[1] ?? "";
}

test.for([
  { access: "account", allowed: false, expected: "done" },
  { access: "policies", allowed: false, expected: "refused" },
  { access: "policies", allowed: true, expected: "done" },
])(
  "an inventory of the same account is, with SERVICE_ACCESS $access and a policy: $allowed, $expected",
  async ({ access, allowed, expected }) => {
    const [name, to] = [await versionedBucket(), await versionedBucket()];
    await put(name, "k", "x");
    if (allowed) {
      const Principal = { Service: "s3.amazonaws.com" };
      const Condition = { ArnLike: { "aws:SourceArn": `arn:aws:s3:::${name}` } };
      const body = policyText({ ...allowing(to, ["PutObject"]), Principal, Condition });
      await signedFetch("PUT", `/${to}`, { query: { policy: "" }, body });
    }
    const document = {
      ...{ Id: "daily", IsEnabled: true, IncludedObjectVersions: "All" },
      Schedule: { Frequency: "Daily" },
      Destination: { S3BucketDestination: { Bucket: `arn:aws:s3:::${to}`, Format: "CSV" } },
      source: { bucket: name, accountId: env.ACCOUNT_ID, ownerId: await ownerIdOf(name) },
    } as unknown as InventoryRun["document"];
    const run = { bucketId: await bucketIdOf(name), document, startedMs: 0 };
    const step = await enginesWith(access).writeInventoryFile(run, { shard: 0, after: "" });
    expect(step.kind).toBe(expected);
  },
);

function enginesWith(access: string): Engines {
  const bindings = faultyEnv({ SERVICE_ACCESS: access });
  return new Engines(createExecutionContext(), bindings);
}
