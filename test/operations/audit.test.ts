import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { auditLogClient } from "../../src/storage/clients/audit-log-client.ts";
import type { AuditEntry } from "../../src/storage/ports/audit-log.ts";
import { recordEvent } from "../../src/storage/directory-object/audit.ts";
import { fetchAs, type Keys, newAccount, newId, newKeys, putAccount } from "../support/accounts.ts";
import { ENDPOINT, expectError, rawFetch, signedFetch, uniqueBucket } from "../support/client.ts";
import { kms } from "../support/kms.ts";
import { newName, queried, query } from "../support/query-api.ts";

interface Event {
  readonly id: number;
  readonly action: string;
  readonly refused?: string;
  readonly parameters: Readonly<Record<string, string>>;
}

async function events(parameters = ""): Promise<{ events: readonly Event[]; next?: number }> {
  const response = await signedFetch("GET", `/_ledge/audit${parameters}`);
  expect(response.status).toBe(200);
  return response.json();
}

/** The last first, of an account that no other test has. */
const actionsOf = async (account: string) =>
  (await events(`?account=${account}`)).events.map(({ action, refused }) =>
    refused === undefined ? action : `${action}: ${refused}`,
  );

const policyOf = (bucket: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${bucket}/*`,
    },
  });

async function ownBucket(keys: Keys): Promise<string> {
  const name = `b-${crypto.randomUUID()}`;
  expect((await fetchAs(keys, "PUT", `/${name}`)).status).toBe(200);
  return name;
}

test("what changes who may use a bucket is kept: by whom, from where, and of which", async () => {
  const { id, keys } = await newAccount();
  const bucket = await ownBucket(keys);
  const headers = { "user-agent": "auditor/1" };
  const put = await fetchAs(keys, "PUT", `/${bucket}?policy`, { body: policyOf(bucket), headers });
  expect(put.status).toBe(204);
  expect((await fetchAs(keys, "GET", `/${bucket}?policy`)).status).toBe(200);
  expect((await fetchAs(keys, "DELETE", `/${bucket}?policy`)).status).toBe(204);
  const found = (await events(`?account=${id}`)).events;
  expect(found.map(({ action }) => action)).toEqual([
    "s3:DeleteBucketPolicy",
    "s3:PutBucketPolicy",
  ]);
  expect(found[1]).toEqual({
    id: expect.any(Number),
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    requestId: put.headers.get("x-amz-request-id"),
    accountId: id,
    principal: `arn:aws:iam::${id}:root`,
    principalId: id,
    action: "s3:PutBucketPolicy",
    parameters: { bucketName: bucket },
    userAgent: "auditor/1",
  });
});

test("what an account is refused is kept, and what it got wrong is not", async () => {
  const bucket = await uniqueBucket();
  const { id, keys } = await newAccount();
  const body = policyOf(bucket);
  await expectError(await fetchAs(keys, "PUT", `/${bucket}?policy`, { body }), 403, "AccessDenied");
  const own = await ownBucket(keys);
  await expectError(
    await fetchAs(keys, "PUT", `/${own}?policy`, { body: "{" }),
    400,
    "MalformedPolicy",
  );
  expect(await actionsOf(id)).toEqual(["s3:PutBucketPolicy: AccessDenied"]);
});

test("what nobody signed is refused without a trace in the Directory, and with a line in the log", async () => {
  const log = vi.spyOn(console, "log");
  const bucket = await uniqueBucket();
  const url = `${ENDPOINT}/${bucket}?policy`;
  await expectError(await rawFetch(url, { method: "DELETE" }), 403, "AccessDenied");
  const { events: last } = await events("?limit=1000");
  expect(last.filter(({ parameters }) => parameters["bucketName"] === bucket)).toEqual([]);
  const lines = log.mock.calls
    .map(([line]) => String(line))
    .filter((line) => line.includes(bucket));
  log.mockRestore();
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told).toContainEqual(
    expect.objectContaining({
      event: "audit",
      action: "s3:DeleteBucketPolicy",
      principal: "anonymous",
      refused: "AccessDenied",
    }),
  );
});

test("what changes identities is kept once, and what only reads them is not", async () => {
  const { id, keys } = await newAccount();
  const name = newName("Audited");
  await queried("CreateUser", { UserName: name, Path: "/team/" }, { keys });
  await queried("GetUser", { UserName: name }, { keys });
  await queried("ListUsers", {}, { keys });
  await queried("DeleteUser", { UserName: name }, { keys });
  expect((await query("DeleteUser", { UserName: name }, { keys })).status).toBe(404);
  expect(await actionsOf(id)).toEqual(["iam:DeleteUser", "iam:CreateUser"]);
  const { events: found } = await events(`?account=${id}`);
  expect(found[1]?.parameters).toEqual({ UserName: name, Path: "/team/" });
});

test("what changes the keys of objects is kept, and what uses them is not", async () => {
  const { id, keys } = await newAccount();
  const { KeyMetadata: made } = await kms("CreateKey", { Description: "audited" }, { keys });
  const { KeyId } = made as { KeyId: string };
  await kms("DescribeKey", { KeyId }, { keys });
  await kms("DisableKey", { KeyId }, { keys });
  expect(await actionsOf(id)).toEqual(["kms:DisableKey", "kms:CreateKey"]);
  const { events: found } = await events(`?account=${id}`);
  expect(found[0]?.parameters).toEqual({ KeyId });
});

test("accounts that are put and deleted are kept, without their secrets", async () => {
  const [id, keys] = [newId(), newKeys()];
  expect((await putAccount(id, { rootKeys: [keys] })).status).toBe(204);
  expect((await signedFetch("DELETE", `/_ledge/accounts/${id}`)).status).toBe(204);
  expect((await signedFetch("DELETE", `/_ledge/accounts/${id}`)).status).toBe(404);
  const { events: all } = await events(`?account=${env.ACCOUNT_ID}&limit=1000`);
  const found = all.filter(({ parameters }) => parameters["accountId"] === id);
  expect(found.map(({ action }) => action)).toEqual(["ledge:DeleteAccount", "ledge:PutAccount"]);
  expect(JSON.stringify(all)).not.toContain(keys.secretAccessKey);
});

test("what the root does with a whole bucket is kept: a quota, growth, a restore, a repair", async () => {
  const name = await uniqueBucket();
  const path = `/_ledge/buckets/${name}`;
  const send = async (method: string, sub: string, body = "", bucket = path): Promise<number> => {
    const headers = { "x-ledge-restore": "token" };
    return (await signedFetch(method, bucket + sub, { body, headers })).status;
  };
  expect(await send("PUT", "/quota", '{"bytes": 1000}')).toBe(204);
  expect(await send("DELETE", "/quota")).toBe(204);
  expect(await send("POST", "/check/row-counts?shard=0", '{"subjects": []}')).toBe(200);
  expect(await send("POST", "/grow", '{"shards": 8}')).toBe(200);
  // A wish that changes nothing.
  expect(await send("POST", "/grow", '{"shards": 8}')).toBe(200);
  const restored = `b-${crypto.randomUUID()}`;
  const bucket = { name, region: "us-east-1", ownerId: "o", shardCount: 1, createdMs: 1 };
  const keys = { keys: [], materials: [], aliases: [] };
  const plan = { token: "token", exported: { bucket }, keys, highestSequence: 1 };
  const to = `/_ledge/buckets/${restored}`;
  expect(await send("POST", "/restore", JSON.stringify(plan), to)).toBe(204);
  expect(await send("POST", "/restore/finish", '{"documents": [], "flags": {}}', to)).toBe(204);
  expect(await send("POST", "/restore/finish", '{"documents": [], "flags": {}}', to)).toBe(409);
  const { events: all } = await events(`?account=${env.ACCOUNT_ID}&limit=1000`);
  const told = (of: string) =>
    all.filter(({ parameters }) => parameters["bucketName"] === of).map(({ action }) => action);
  expect(told(name)).toEqual([
    "ledge:GrowBucket",
    "ledge:RepairBucket",
    "ledge:DeleteBucketQuota",
    "ledge:PutBucketQuota",
  ]);
  expect(told(restored)).toEqual(["ledge:FinishRestore", "ledge:BeginRestore"]);
});

test("what sends once more what was given up is kept, with who asked for it, also when it is refused", async () => {
  const { id, keys } = await newAccount();
  const bucket = await ownBucket(keys);
  const send = async (sub: string, by?: Keys): Promise<number> => {
    const path = `/_ledge/buckets/${bucket}${sub}`;
    const answer = by === undefined ? signedFetch("POST", path) : fetchAs(by, "POST", path);
    return (await answer).status;
  };
  expect(await send("/replication/resync", keys)).toBe(200);
  expect(await send("/dead-letters/redrive")).toBe(200);
  expect(await send("/dead-letters/redrive", keys)).toBe(403);
  const stranger = await newAccount();
  expect(await send("/replication/resync", stranger.keys)).toBe(403);
  expect(await actionsOf(id)).toEqual([
    "ledge:RedriveDeadLetters: AccessDenied",
    "ledge:ResyncReplication",
  ]);
  expect(await actionsOf(stranger.id)).toEqual(["ledge:ResyncReplication: AccessDenied"]);
  const { events: byRoot } = await events(`?account=${env.ACCOUNT_ID}&limit=1000`);
  const told = byRoot.filter(({ parameters }) => parameters["bucketName"] === bucket);
  expect(told.map(({ action }) => action)).toEqual(["ledge:RedriveDeadLetters"]);
  // A bucket that is not there is nothing that was done.
  const missing = `/_ledge/buckets/b-${crypto.randomUUID()}/dead-letters/redrive`;
  expect((await signedFetch("POST", missing)).status).toBe(404);
  const { events: after } = await events(`?account=${env.ACCOUNT_ID}&limit=1`);
  expect(missing).not.toContain(after[0]?.parameters["bucketName"]);
});

test("each server keeps ten refusals a second of its own: another in the process takes none of them", async () => {
  const recorded: string[] = [];
  const namespaceOf = (server: string) =>
    ({
      getByName: () => ({
        recordRefusal: async () => (recorded.push(server), { value: undefined }),
      }),
    }) as never;
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    const entry = {} as AuditEntry;
    for (const server of ["first", "second"]) {
      const log = auditLogClient(namespaceOf(server));
      for (let i = 0; i < 12; i += 1) await log.recordRefusal(entry, "AccessDenied");
    }
  } finally {
    vi.useRealTimers();
  }
  expect(recorded).toEqual([...Array(10).fill("first"), ...Array(10).fill("second")]);
});

test("the log is read in pages, and by the deployment's root alone", async () => {
  const { id, keys } = await newAccount();
  const bucket = await ownBucket(keys);
  for (let i = 0; i < 3; i += 1) await fetchAs(keys, "DELETE", `/${bucket}?policy`);
  const first = await events(`?account=${id}&limit=2`);
  expect(first.events).toHaveLength(2);
  const second = await events(`?account=${id}&limit=2&before=${first.next}`);
  expect(second.events).toHaveLength(1);
  expect(second.next).toBeUndefined();
  await expectError(await fetchAs(keys, "GET", "/_ledge/audit"), 403, "AccessDenied");
  await expectError(await rawFetch(`${ENDPOINT}/_ledge/audit`), 403, "AccessDenied");
  for (const wrong of ["limit=0", "limit=1001", "before=x", "account=me"])
    await expectError(await signedFetch("GET", `/_ledge/audit?${wrong}`), 400, "InvalidRequest");
});

test("each account's last 10,000 changes and last 10,000 refusals are kept, for 400 days", async () => {
  const kept = await runInDurableObject(env.DIRECTORY.getByName("audit-bounds"), (_, state) => {
    const { sql } = state.storage;
    const nowMs = Date.UTC(2026, 10, 26);
    const record = (accountId: string, ageDays: number, refused?: string) => {
      const timeMs = nowMs - ageDays * 86_400_000;
      const by = { accountId, principal: "p", principalId: "i" };
      const entry = { ...by, timeMs, requestId: "r", action: "iam:CreateUser", parameters: {} };
      recordEvent(sql, entry, refused);
    };
    const numbersOf = (accountId: string, isRefused: number) =>
      sql
        .exec<{ number: number }>(
          "SELECT number FROM audit_event WHERE account_id = ? AND is_refused = ? ORDER BY number",
          accountId,
          isRefused,
        )
        .toArray()
        .map(({ number }) => number);
    record("other", 1000);
    for (const ageDays of [500, 401, 399, 1]) record("one", ageDays);
    for (let i = 0; i < 3; i += 1) record("one", 0, "AccessDenied");
    record("one", 0);
    const byAge = numbersOf("one", 0);
    sql.exec("UPDATE audit_event SET number = 10002 WHERE account_id = 'one' AND number = 5");
    record("one", 0);
    const byCount = numbersOf("one", 0);
    return { byAge, byCount, refused: numbersOf("one", 1), other: numbersOf("other", 0) };
  });
  expect(kept).toEqual({
    byAge: [3, 4, 5],
    byCount: [4, 10_002, 10_003],
    refused: [1, 2, 3],
    other: [1],
  });
});
