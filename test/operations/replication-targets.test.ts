import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fetchAs, newAccount } from "../support/accounts.ts";
import { expectError, signedFetch } from "../support/client.ts";
import { putDocument } from "../support/documents.ts";
import { faultyEnv, faultyFetch } from "../support/faults.ts";
import { OtherServer } from "../support/other-server.ts";
import { becomes, ROLE, ruleTo } from "../support/replication.ts";
import { put, versionedBucket } from "../support/versions.ts";

const ENDPOINT = "https://put.example.com";
const SECRET = "a-secret-that-nobody-is-told";
const TARGET = { endpoint: ENDPOINT, bucket: "far", accessKeyId: "them", secretAccessKey: SECRET };
const { MASTER_KEY } = env as unknown as { MASTER_KEY: string };
const ANOTHER_KEY = Buffer.alloc(32, 11).toString("base64");

const server = new OtherServer(ENDPOINT);
beforeAll(() => server.listen());
afterAll(() => void vi.unstubAllGlobals());

let made = 0;
function newTargetId(): string {
  made += 1;
  return `t${made}-${crypto.randomUUID().slice(0, 8)}`;
}

/** A gateway that has these secrets, and remembers nothing. */
const gateway = (secrets: object): Cloudflare.Env =>
  faultyEnv({ ...secrets, ...{ IDENTITY_MAX_AGE_SECONDS: "0" } });

const pathOf = (id: string) => `/_ledge/replication-targets/${id}`;

function putTarget(id: string, described: object, bindings = env): Promise<Response> {
  return faultyFetch(bindings, "PUT", pathOf(id), { body: JSON.stringify(described) });
}

/** A new target's id and ARN. */
async function newTarget(described: object = {}): Promise<{ id: string; arn: string }> {
  const id = newTargetId();
  const answer = await putTarget(id, { ...TARGET, ...described });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return { id, ...(await answer.json<{ arn: string }>()) };
}

function putRules(bucket: string, arn: string): Promise<Response> {
  const rule = ruleTo("NAME").replace("arn:aws:s3:::NAME", arn);
  const content = `<Role>${ROLE}</Role>${rule}`;
  return putDocument(`/${bucket}`, { replication: "" }, "ReplicationConfiguration", content);
}

async function replicated(arn: string): Promise<string> {
  const bucket = await versionedBucket();
  const answer = await putRules(bucket, arn);
  expect(answer.status, await answer.text()).toBe(200);
  return bucket;
}

test("a target that root puts takes versions at once, and none once it is deleted", async () => {
  const { id, arn } = await newTarget();
  expect(arn).toBe(`arn:ledge:replication:us-east-1:${id}:far`);
  const bucket = await replicated(arn);
  await put(bucket, "k", "body");
  await becomes("COMPLETED", bucket, "k");
  expect(server.objects.get("/far/k")?.body).toBe("body");
  expect(server.objects.get("/far/k")?.headers.get("authorization")).toContain("them/");

  await putTarget(id, { ...TARGET, bucket: "far", accessKeyId: "others" });
  await put(bucket, "k", "again");
  await becomes("COMPLETED", bucket, "k");
  expect(server.objects.get("/far/k")?.headers.get("authorization")).toContain("others/");

  expect((await signedFetch("DELETE", pathOf(id))).status).toBe(204);
  await put(bucket, "late", "body");
  await becomes("FAILED", bucket, "late");
  await expectError(await signedFetch("DELETE", pathOf(id)), 404, "NoSuchEntity");
  await expectError(await putRules(bucket, arn), 400, "InvalidRequest");
});

test("an ARN of another region or bucket is not the target's", async () => {
  const { arn } = await newTarget();
  const bucket = await versionedBucket();
  for (const other of [arn.replace("us-east-1", "eu-west-1"), `${arn}-2`])
    await expectError(await putRules(bucket, other), 400, "InvalidRequest");
});

test("the secret is shown to nobody, and the rest to the deployment's root", async () => {
  const { id, arn } = await newTarget({ kind: "ledge", accounts: ["111111111111"] });
  const { secretAccessKey: _, ...told } = TARGET;
  const one = await signedFetch("GET", pathOf(id));
  const shown = await one.json<{ modifiedMs: number }>();
  expect(shown).toEqual({
    ...told,
    ...{ id, arn, kind: "ledge", region: "us-east-1", accounts: ["111111111111"] },
    modifiedMs: expect.any(Number),
  });
  const list = await (await signedFetch("GET", "/_ledge/replication-targets")).text();
  expect((JSON.parse(list) as { targets: object[] }).targets).toContainEqual(shown);
  const audit = await (await signedFetch("GET", "/_ledge/audit")).text();
  expect(audit).toContain('"ledge:PutReplicationTarget"');
  expect(audit).toContain(id);
  expect(list + audit).not.toContain(SECRET);
  await expectError(await signedFetch("GET", pathOf("missing")), 404, "NoSuchEntity");
});

test("nobody but the deployment's root knows of targets", async () => {
  const { id } = await newTarget();
  const { keys } = await newAccount();
  for (const method of ["GET", "PUT", "DELETE"])
    await expectError(await fetchAs(keys, method, pathOf(id)), 403, "AccessDenied");
  const list = await fetchAs(keys, "GET", "/_ledge/replication-targets");
  await expectError(list, 403, "AccessDenied");
});

test("an account writes with a target's keys only if the target names it", async () => {
  const { id, keys } = await newAccount();
  const own = await newTarget();
  const shared = await newTarget({ accounts: [id] });
  const bucket = `theirs-${crypto.randomUUID()}`;
  await fetchAs(keys, "PUT", `/${bucket}`);
  const enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
  await fetchAs(keys, "PUT", `/${bucket}?versioning`, { body: enabled });
  const putAs = (arn: string) => {
    const rule = ruleTo("NAME").replace("arn:aws:s3:::NAME", arn);
    const role = `arn:aws:iam::${id}:role/r`;
    const body = `<ReplicationConfiguration><Role>${role}</Role>${rule}</ReplicationConfiguration>`;
    return fetchAs(keys, "PUT", `/${bucket}?replication`, { body });
  };
  await expectError(await putAs(own.arn), 400, "InvalidRequest");
  expect((await putAs(shared.arn)).status).toBe(200);
  const source = await versionedBucket();
  await expectError(await putRules(source, shared.arn), 400, "InvalidRequest");
  // What was allowed is not for ever.
  await putTarget(shared.id, { ...TARGET, accounts: [] });
  await fetchAs(keys, "PUT", `/${bucket}/k`, { body: "x" });
  await expect
    .poll(
      async () =>
        (await fetchAs(keys, "HEAD", `/${bucket}/k`)).headers.get("x-amz-replication-status"),
      { timeout: 10_000, interval: 10 },
    )
    .toBe("FAILED");
});

test.for<[string, object]>([
  ["no endpoint", { endpoint: undefined }],
  ["no secret", { secretAccessKey: "" }],
  ["a number for a key", { accessKeyId: 1 }],
  ["a member that is not known", { password: "x" }],
  ["no bucket", { bucket: undefined }],
  ["a bucket that is a path", { bucket: "a/../b" }],
  ["an account that is none", { accounts: ["1"] }],
  ["accounts that are no list", { accounts: "*" }],
  ["a region that is none", { region: "a b" }],
  ["another kind", { kind: "minio" }],
  // Of a row that is longer no backup of the accounts could be restored.
  ["more than is kept of one", { sessionToken: "x".repeat(24 * 1024) }],
  ["a query in its endpoint", { endpoint: `${ENDPOINT}?x` }],
  ["credentials in its endpoint", { endpoint: "https://a:b@far.example" }],
])("a target with %s is refused, and its secret not told", async ([, described]) => {
  const answer = await putTarget(newTargetId(), { ...TARGET, ...described });
  const text = await answer.clone().text();
  await expectError(answer, 400, "InvalidRequest");
  expect(text).not.toContain(SECRET);
});

test.for(["http://far.example", "https://127.0.0.1", "https://[::1]:8443", "https://10.0.0.7"])(
  "%s is a target of local servers only",
  async (endpoint) => {
    const deployed = faultyEnv({ LOCAL_TARGETS: "false" });
    const local = faultyEnv({ LOCAL_TARGETS: "true" });
    const described = { ...TARGET, endpoint };
    await expectError(await putTarget(newTargetId(), described, deployed), 400, "InvalidRequest");
    expect((await putTarget(newTargetId(), described, local)).status).toBe(200);
  },
);

test.for(["not json", "[]", '"text"', '{"a":{"b":{}}}', ""])(
  "the document %j is refused",
  async (body) => {
    const answer = await signedFetch("PUT", pathOf(newTargetId()), { body });
    await expectError(answer, 400, "InvalidRequest");
  },
);

test("without MASTER_KEY there are no targets, which the answer says", async () => {
  const without = gateway({ MASTER_KEY: "" });
  const answer = await putTarget(newTargetId(), TARGET, without);
  expect(await answer.clone().text()).toContain("MASTER_KEY");
  await expectError(answer, 501, "NotImplemented");
});

test("a replaced MASTER_KEY seals targets anew; with neither key they are there, and unreadable", async () => {
  const { id } = await newTarget();
  const shown = async (bindings: Cloudflare.Env) =>
    (await faultyFetch(bindings, "GET", pathOf(id))).json<{ isUnreadable?: true }>();
  const sealAnew = (bindings: Cloudflare.Env) =>
    faultyFetch(bindings, "POST", "/_ledge/master-key");
  const replaced = gateway({ MASTER_KEY: ANOTHER_KEY });
  expect((await shown(replaced)).isUnreadable).toBe(true);
  try {
    await sealAnew(gateway({ MASTER_KEY: ANOTHER_KEY, MASTER_KEY_PREVIOUS: MASTER_KEY }));
    expect(await shown(replaced)).toMatchObject({ id, accessKeyId: "them" });
    expect((await shown(gateway({ MASTER_KEY }))).isUnreadable).toBe(true);
  } finally {
    await sealAnew(gateway({ MASTER_KEY, MASTER_KEY_PREVIOUS: ANOTHER_KEY }));
  }
  expect(await shown(gateway({ MASTER_KEY }))).toMatchObject({ id, accessKeyId: "them" });
});
