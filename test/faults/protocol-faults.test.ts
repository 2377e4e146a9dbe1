import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { DirectoryObject } from "../../src/storage/directory-object/durable-object.ts";
import { ENCRYPTION_PROTOCOL, stampOf } from "../../src/storage/wire/protocol.ts";
import { expectError, signedFetch, uniqueBucket } from "../support/client.ts";
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
  later: stampOf(0, ENCRYPTION_PROTOCOL) + 2 ** 40,
  "much later": 8191 * 2 ** 40 + 7,
  earlier: stampOf(0) - 2 ** 40,
};

/** Calls an object with each of the stamps, and with arguments that mean nothing. */
function answersOf(object: object, method: string): Promise<unknown[]> {
  const call = (stamp: number): unknown =>
    Reflect.apply(Reflect.get(object, method), object, [stamp, {}, {}, {}, {}]);
  return Promise.all(Object.values(UNKNOWN).map(call));
}

const REFUSALS = Object.values(UNKNOWN).map(() => ({ unknownProtocol: ENCRYPTION_PROTOCOL }));

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
