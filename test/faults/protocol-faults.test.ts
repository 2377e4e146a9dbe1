import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { DirectoryObject } from "../../src/storage/directory-object/durable-object.ts";
import { HOLD_PROTOCOL, NEWEST_PROTOCOL, stampOf } from "../../src/storage/wire/protocol.ts";
import { expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { putDocument } from "../support/documents.ts";
import { lockedBucket } from "../support/object-lock.ts";
import {
  bucketIdOf,
  envWithShards,
  faultyEnv,
  faultyFetch,
  withMethods,
} from "../support/faults.ts";
import { query } from "../support/shards.ts";

/** What an object can be called for. */
function methodsOf(prototype: object): readonly string[] {
  const own = Object.getOwnPropertyNames(prototype);
  return own.filter((name) => name !== "constructor" && name !== "alarm");
}

const METHODS = methodsOf(BucketIndexObject.prototype);

/** Stamps of a gateway of another deployment. */
const UNKNOWN = {
  later: stampOf(0, NEWEST_PROTOCOL) + 2 ** 40,
  "much later": 8191 * 2 ** 40 + 7,
  earlier: stampOf(0) - 2 ** 40,
};

/** Calls an object with each of the stamps, and with arguments that mean nothing. */
function answersOf(object: object, method: string): Promise<unknown[]> {
  const call = (stamp: number): unknown =>
    Reflect.apply(Reflect.get(object, method), object, [stamp, {}, {}, {}, {}]);
  return Promise.all(Object.values(UNKNOWN).map(call));
}

const REFUSALS = Object.values(UNKNOWN).map(() => ({ unknownProtocol: NEWEST_PROTOCOL }));

/** Everything that a shard has, but where its numbers go on: those that it took for nothing are a gap. */
async function stored(shard: string): Promise<unknown> {
  const tables = await query<{ name: string }>(
    shard,
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  );
  const rows = await Promise.all(tables.map(({ name }) => query(shard, `SELECT * FROM "${name}"`)));
  return rows.flat().map((row) => ({ ...row, sequence: undefined }));
}

test.for(METHODS)("a shard that does not know the protocol of %s does nothing", async (method) => {
  const shard = `unknown-protocol-${method}/0`;
  const before = await stored(shard);
  const stub = env.BUCKET_INDEX.getByName(shard);
  expect(await runInDurableObject(stub, (object) => answersOf(object, method))).toEqual(REFUSALS);
  expect(await stored(shard)).toEqual(before);
});

test.for(methodsOf(DirectoryObject.prototype))(
  "a Directory that does not know the protocol of %s does nothing",
  async (method) => {
    const stub = env.DIRECTORY.getByName("unknown-protocol");
    const [answers, buckets] = await runInDurableObject(stub, async (object, { storage }) => [
      await answersOf(object, method),
      storage.sql.exec("SELECT * FROM bucket").toArray(),
    ]);
    expect(answers).toEqual(REFUSALS);
    expect(buckets).toEqual([]);
  },
);

/** The methods of an object whose code is of before the deployment: of all that is said to it, it knows nothing. */
const behind = (prototype: object): object =>
  Object.fromEntries(
    methodsOf(prototype).map((method) => [method, async () => ({ unknownProtocol: 0 })]),
  );
const shardsBehind = envWithShards(() => behind(BucketIndexObject.prototype));
const directoryBehind = faultyEnv({
  DIRECTORY: withMethods(env.DIRECTORY, {
    getByName: () =>
      behind(DirectoryObject.prototype) as ReturnType<Cloudflare.Env["DIRECTORY"]["getByName"]>,
  }),
});

test("a Directory that is behind is waited for", async () => {
  const response = await faultyFetch(directoryBehind, "HEAD", `/${await uniqueBucket()}`);
  expect(response.status).toBe(503);
});

test.for([
  { method: "GET", path: "/k" },
  { method: "PUT", path: "/k", body: "x" },
  { method: "PUT", path: "/k", body: "b".repeat(20_000) },
  { method: "DELETE", path: "/k" },
  { method: "GET", path: "" },
  { method: "DELETE", path: "" },
  { method: "PUT", path: "-new" },
])("$method of $path waits for shards that are behind", async ({ method, path, body }) => {
  const bucket = await uniqueBucket();
  const init = body === undefined ? {} : { body };
  const response = await faultyFetch(shardsBehind, method, `/${bucket}${path}`, init);
  await expectError(response, 503, "SlowDown");
  expect(await env.BLOBS.list({ prefix: `${await bucketIdOf(bucket)}/` })).toMatchObject({
    objects: [],
  });
  expect((await signedFetch("HEAD", `/${bucket}`)).status).toBe(200);
});

const EVENT_HOLD = {
  "x-amz-object-lock-event-hold": "ON",
  "x-amz-object-lock-event-hold-duration-days": "1",
};
const HOLD_DOCUMENT =
  "<EventHold>ON</EventHold><EventHoldDuration><Days>1</Days></EventHoldDuration>";

/** A shard whose code is of before event holds. */
const beforeHolds = envWithShards((shard) =>
  Object.fromEntries(
    METHODS.map((method) => [
      method,
      async (stamp: number, ...args: unknown[]): Promise<unknown> =>
        stamp >= stampOf(0, HOLD_PROTOCOL)
          ? { unknownProtocol: HOLD_PROTOCOL - 1 }
          : Reflect.apply(Reflect.get(shard, method), shard, [stamp, ...args]),
    ]),
  ),
);

test("what says something of an event hold waits for shards that would not keep it; all else does not", async () => {
  const bucket = await lockedBucket();
  const path = `/${bucket}/k`;
  const put = (headers: Record<string, string>) =>
    faultyFetch(beforeHolds, "PUT", path, { headers, body: "x" });
  expect((await put({})).status).toBe(200);
  await expectError(await put(EVENT_HOLD), 503, "SlowDown");
  const uploads = { query: { uploads: "" } };
  expect((await faultyFetch(beforeHolds, "POST", path, uploads)).status).toBe(200);
  const held = { ...uploads, headers: EVENT_HOLD };
  await expectError(await faultyFetch(beforeHolds, "POST", path, held), 503, "SlowDown");
  const body = `<Retention>${HOLD_DOCUMENT}</Retention>`;
  const retention = { query: { retention: "" }, body };
  await expectError(await faultyFetch(beforeHolds, "PUT", path, retention), 503, "SlowDown");
  expect((await signedFetch("HEAD", path)).headers.has("x-amz-object-lock-event-hold")).toBe(false);

  const rule = `<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><DefaultEventHold><Days>1</Days></DefaultEventHold></DefaultRetention></Rule>`;
  const query = { "object-lock": "" };
  const configuration = `<ObjectLockConfiguration>${rule}</ObjectLockConfiguration>`;
  const configured = await faultyFetch(beforeHolds, "PUT", `/${bucket}`, {
    query,
    body: configuration,
  });
  await expectError(configured, 503, "SlowDown");
  expect((await putDocument(`/${bucket}`, query, "ObjectLockConfiguration", rule)).status).toBe(
    200,
  );
});
