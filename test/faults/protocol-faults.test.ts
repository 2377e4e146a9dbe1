import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { PROTOCOL, stampOf } from "../../src/storage/wire/protocol.ts";
import { expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { bucketIdOf, envWithShards, faultyFetch } from "../support/faults.ts";
import { query } from "../support/shards.ts";

/** What a shard can be called for. */
const METHODS = Object.getOwnPropertyNames(BucketIndexObject.prototype).filter(
  (name) => name !== "constructor" && name !== "alarm",
);

/** Stamps of a gateway of another deployment. */
const UNKNOWN = {
  later: stampOf(0) + 2 ** 40,
  "much later": 8191 * 2 ** 40 + 7,
  earlier: stampOf(0) - 2 ** 40,
};

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
  for (const stamp of Object.values(UNKNOWN)) {
    const answer: unknown = await runInDurableObject(env.BUCKET_INDEX.getByName(shard), (object) =>
      Reflect.apply(Reflect.get(object, method), object, [stamp, {}, {}, {}, {}]),
    );
    expect(answer).toEqual({ unknownProtocol: PROTOCOL });
  }
  expect(await stored(shard)).toEqual(before);
});

/** Shards whose code is of before the deployment: of all that gateways say to them, they know nothing. */
const behind = envWithShards(() =>
  Object.fromEntries(METHODS.map((method) => [method, async () => ({ unknownProtocol: 0 })])),
);

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
  const response = await faultyFetch(behind, method, `/${bucket}${path}`, init);
  await expectError(response, 503, "SlowDown");
  expect(await env.BLOBS.list({ prefix: `${await bucketIdOf(bucket)}/` })).toMatchObject({
    objects: [],
  });
  expect((await signedFetch("HEAD", `/${bucket}`)).status).toBe(200);
});
