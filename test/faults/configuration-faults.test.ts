import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { configureBucket } from "../../src/domain/configure-bucket.ts";
import { S3Error } from "../../src/protocol/errors.ts";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import type { Decision } from "../../src/storage/ports/decision.ts";
import { StaleBucketError } from "../../src/storage/ports/bucket-index.ts";
import { freshRecord, recordOf } from "../support/bucket-record.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { putDocument } from "../support/documents.ts";
import { blobsIn, envWithShards, faultyFetch } from "../support/faults.ts";
import { coldShards, type Gateway, makeGateway, putOf } from "../support/gateways.ts";
import { lockedBucket, lockOf } from "../support/object-lock.ts";
import { draftOf, query, removalOf, shardNames } from "../support/shards.ts";
import { get, listVersions, setVersioning } from "../support/versions.ts";

const DRAFT = draftOf({ kind: "inline", bytes: new Uint8Array(1) }, 1);

/** A gateway that remembers the bucket as it is when this is called, and whether it asks the Directory afterwards. */
async function gatewayThatKnows(bucket: string) {
  const gateway = makeGateway();
  const record = await recordOf(bucket);
  gateway.buckets.update(record);
  const ask = vi.spyOn(gateway.directory, "find");
  return { ...gateway, record, ask };
}

/** Puts a document that gateways decide with, and no request reads, as a gateway does. */
async function putPolicy(gateway: Gateway, bucket: string, policy: string): Promise<void> {
  const record = await recordOf(bucket);
  await configureBucket(gateway, record, async () => putOf("rules", "gateway", policy));
}

/** Puts a rule that retains new objects for so many days, as a gateway does. */
async function putRule(gateway: Gateway, bucket: string, Days: number): Promise<void> {
  const DefaultRetention = { Mode: "GOVERNANCE", Days };
  const document = { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } };
  await configureBucket(gateway, await recordOf(bucket), async ({ shard }) => ({
    ...putOf("lock", "shard", document),
    flags: { ...shard.flags, hasLockRule: true },
  }));
}

/** For how many days the object is retained from now on. */
async function daysOf(bucket: string, key: string): Promise<number> {
  const [, until] = await lockOf(`/${bucket}/${key}`);
  return Math.round((Date.parse(until ?? "") - Date.now()) / 86_400_000);
}

describe("a gateway that has not heard of the versioning yet", () => {
  test("deletes nothing: its delete makes a marker", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    const { indexOf, record } = await gatewayThatKnows(bucket);
    await setVersioning(bucket, "Enabled");
    expect(await indexOf(record).remove(removalOf("k"))).toMatchObject({
      ok: true,
      isMarker: true,
    });
    expect(await (await get(bucket, "k", "null")).text()).toBe("body");
  });

  test("overwrites nothing: its write makes a version", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    const { indexOf, record } = await gatewayThatKnows(bucket);
    await setVersioning(bucket, "Enabled");
    const outcome = await indexOf(record).commit("k", DRAFT, NO_CONDITIONS);
    expect(outcome.ok && outcome.versionId).toMatch(/^[0-9a-z]{32}$/);
    expect((await listVersions(bucket)).versions).toHaveLength(2);
  });
});

describe("a gateway that has not heard of a lock's rule yet", () => {
  test.for(["body", "b".repeat(20_000)])(
    "takes no upload that nothing vouches for (%#)",
    async (body) => {
      const bucket = await lockedBucket();
      await putObject(bucket, "k");
      await putRule(makeGateway(), bucket, 1);
      const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
      const response = await signedFetch("PUT", `/${bucket}/k`, { headers, body });
      await expectError(response, 400, "InvalidRequest");
      expect((await listVersions(bucket)).versions).toHaveLength(1);
      expect(await blobsIn(bucket)).toEqual([]);
    },
  );

  test("or of how long it is by now, needs no Directory to retain by it", async () => {
    const bucket = await lockedBucket();
    await putRule(makeGateway(), bucket, 1);
    const { indexOf, record, ask } = await gatewayThatKnows(bucket);
    await putRule(makeGateway(), bucket, 1000);
    await indexOf(record).commit("k", DRAFT, NO_CONDITIONS);
    expect(ask).not.toHaveBeenCalled();
    expect(await daysOf(bucket, "k")).toBe(1000);
  });
});

describe("a gateway that decided under an older document of gateways", () => {
  test("does nothing, and decides again on what the Directory says", async () => {
    const bucket = await uniqueBucket();
    const { indexOf, record } = await gatewayThatKnows(bucket);
    await putPolicy(makeGateway(), bucket, "deny");
    const deny: Decision = ({ gateway }) => {
      expect(gateway.documents).toEqual({ rules: '"deny"' });
      throw new S3Error("AccessDenied");
    };
    const index = indexOf(record, [deny]);
    for (const attempt of [
      () => index.commit("k", DRAFT, NO_CONDITIONS),
      () => index.removeMany(["a", "b", "c", "d"].map(removalOf)),
      () => index.list({ prefix: "", delimiter: "", after: "", limit: 1 }),
    ])
      await expect(attempt()).rejects.toThrow(S3Error);
    expect((await listVersions(bucket)).versions).toEqual([]);
  });

  test("asks the Directory once, for all requests that follow", async () => {
    const bucket = await uniqueBucket();
    const { indexOf, buckets, record, ask } = await gatewayThatKnows(bucket);
    await putPolicy(makeGateway(), bucket, "allow");
    for (const key of ["a", "b", "c", "d"]) await indexOf(record).commit(key, DRAFT, NO_CONDITIONS);
    expect(ask).toHaveBeenCalledTimes(1);
    expect((await buckets.find(bucket))?.gateway.revision).toBe(1);
  });

  test("knows when that bucket is gone", async () => {
    const bucket = await uniqueBucket();
    const { indexOf, record, directory } = await gatewayThatKnows(bucket);
    await putPolicy(makeGateway(), bucket, "allow");
    const token = (await directory.beginDelete(record.id)) ?? "";
    await directory.finishDelete(record.id, token);
    const commit = indexOf(record).commit("k", DRAFT, NO_CONDITIONS);
    await expect(commit).rejects.toThrow(StaleBucketError);
  });
});

describe("when a gateway dies between the Directory and the shards", () => {
  /** Shards that cannot be told. */
  const deaf = envWithShards(() => ({
    configure: () => Promise.reject(new Error("the gateway died")),
  }));

  test.for([
    { kind: "warm", bindings: env },
    { kind: "cold", bindings: coldShards },
  ])("$kind shards are told by the first request of one that knows", async ({ bindings }) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    const body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    const given = { query: { versioning: "" }, body };
    const response = await faultyFetch(deaf, "PUT", `/${bucket}`, given);
    await expectError(response, 500, "InternalError");
    const index = makeGateway(bindings).indexOf(await recordOf(bucket));
    expect(await index.remove(removalOf("k"))).toMatchObject({ isMarker: true });
  });

  test("the shards are handed documents of which gateways know the number only", async () => {
    const bucket = await lockedBucket();
    await putRule(makeGateway(), bucket, 1);
    await expect(putRule(makeGateway(deaf), bucket, 1000)).rejects.toThrow("died");
    await makeGateway()
      .indexOf(await recordOf(bucket))
      .commit("k", DRAFT, NO_CONDITIONS);
    expect(await daysOf(bucket, "k")).toBe(1000);
  });

  test("the shards refuse from then on what was decided under the older document of gateways", async () => {
    const bucket = await uniqueBucket();
    const { indexOf, record } = await gatewayThatKnows(bucket);
    await expect(putPolicy(makeGateway(deaf), bucket, "deny")).rejects.toThrow("died");
    const refuse = () => {
      throw new S3Error("AccessDenied");
    };
    // Nobody has been answered yet: the older one may still hold.
    await indexOf(record, [refuse]).commit("k", DRAFT, NO_CONDITIONS);
    const knowing = makeGateway().indexOf(await recordOf(bucket));
    await knowing.commit("k", DRAFT, NO_CONDITIONS);
    const late = indexOf(record, [refuse]).commit("k", DRAFT, NO_CONDITIONS);
    await expect(late).rejects.toThrow(S3Error);
  });
});

test("a shard that starts anew knows what it was told", async () => {
  const bucket = await uniqueBucket();
  const { id } = await recordOf(bucket);
  await setVersioning(bucket, "Enabled");
  await putPolicy(makeGateway(), bucket, "allow");
  const { directory, indexOf } = makeGateway(coldShards);
  const asked = vi.spyOn(directory, "readShardPart");
  const outcome = await indexOf(await recordOf(bucket)).commit("k", DRAFT, NO_CONDITIONS);
  expect(outcome.ok && outcome.versionId).toMatch(/^[0-9a-z]{32}$/);
  const settings = await query(shardNames(id)[0] ?? "", "SELECT * FROM setting ORDER BY part");
  expect(settings).toEqual([
    { part: "gateway", revision: 2, body: null },
    { part: "shard", revision: 1, body: '{"versioning":{"Status":"Enabled"}}' },
  ]);
  expect(asked).not.toHaveBeenCalled();
});

test("an edge copy that is older than the configuration decides nothing", async () => {
  // This isolate has never heard of the bucket: what it knows, it has from the copy.
  const owner = (await recordOf(await uniqueBucket())).ownerId;
  const name = `bucket-${crypto.randomUUID()}`;
  const record = { ...freshRecord(name), ownerId: owner };
  const elsewhere = makeGateway();
  await elsewhere.directory.create(record, []);
  await env.IDENTITIES.put(`bucket-3/${name}`, JSON.stringify(record));
  const versioning = { Status: "Enabled" };
  await configureBucket(elsewhere, record, async () => putOf("versioning", "shard", versioning));
  await putPolicy(elsewhere, name, "allow");
  const { headers } = await putObject(name, "k", "x");
  expect(headers.get("x-amz-version-id")).toMatch(/^[0-9a-z]{32}$/);
  expect(await env.IDENTITIES.get(`bucket-3/${name}`, "json")).toEqual(await recordOf(name));
});

describe("of documents that are put at once", () => {
  test("by two gateways, the later of the same kind wins whole, in all shards", async () => {
    const bucket = await uniqueBucket();
    const statuses = ["Enabled", "Suspended", "Enabled", "Suspended", "Enabled"] as const;
    await Promise.all(statuses.map((status) => setVersioning(bucket, status)));
    const { shard } = await recordOf(bucket);
    expect(shard.revision).toBe(statuses.length);
    const puts = Array.from({ length: 20 }, (_, i) => putObject(bucket, `k${i}`, "x"));
    const isNull = (await Promise.all(puts)).map(
      (response) => !response.headers.has("x-amz-version-id"),
    );
    expect(new Set(isNull)).toEqual(new Set([shard.flags.versioning === "Suspended"]));
  });

  test("none of another kind is lost", async () => {
    const bucket = await uniqueBucket();
    const record = await recordOf(bucket);
    const tags = "<TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet>";
    const kinds = ["rules", "cors", "website", "metadata", "inventory"];
    await Promise.all([
      setVersioning(bucket, "Enabled"),
      putDocument(`/${bucket}`, { tagging: "" }, "Tagging", tags),
      ...kinds.map((kind, i) =>
        configureBucket(makeGateway(), record, async () =>
          putOf(kind, i < 3 ? "gateway" : "shard", { kind }),
        ),
      ),
    ]);
    const { gateway, shard } = await recordOf(bucket);
    expect(Object.keys(gateway.documents)).toEqual(["cors", "rules", "website"]);
    // Three documents, and the flag that there are versions.
    expect(gateway.revision).toBe(4);
    const part = await makeGateway().directory.readShardPart(record.id);
    expect(part?.revision).toBe(shard.revision);
    expect(Object.keys(JSON.parse(part?.documents ?? ""))).toEqual([
      "inventory",
      "metadata",
      "versioning",
    ]);
    const answer = await signedFetch("GET", `/${bucket}`, { query: { tagging: "" } });
    expect(elements(await answer.text(), "Key")).toEqual(["k"]);
  });

  test("nor one of the same kind with another id", async () => {
    const bucket = await uniqueBucket();
    const record = await recordOf(bucket);
    await Promise.all(
      (["shard", "gateway"] as const).flatMap((part) =>
        ["a", "b/c"].map((id) =>
          configureBucket(makeGateway(), record, async () => ({
            ...putOf(part, part, { id }),
            id,
          })),
        ),
      ),
    );
    const { documents } = (await recordOf(bucket)).gateway;
    expect(documents).toEqual({ "gateway/a": '{"id":"a"}', "gateway/b/c": '{"id":"b/c"}' });
    const part = await makeGateway().directory.readShardPart(record.id);
    expect(JSON.parse(part?.documents ?? "")).toEqual({
      "shard/a": { id: "a" },
      "shard/b/c": { id: "b/c" },
    });
  });

  test("a document is decided again when what it was decided on has changed", async () => {
    const bucket = await uniqueBucket();
    const record = await recordOf(bucket);
    const decidedOn: unknown[] = [];
    await configureBucket(makeGateway(), record, async ({ shard }) => {
      decidedOn.push(shard.flags.versioning);
      if (decidedOn.length === 1) await setVersioning(bucket, "Enabled");
      return putOf("lifecycle", "shard", {});
    });
    expect(decidedOn).toEqual([undefined, "Enabled"]);
    expect((await recordOf(bucket)).shard.flags).toEqual({ versioning: "Enabled" });
  });
});

test("a change whose request is not let in by what has changed meanwhile is not made", async () => {
  const bucket = await uniqueBucket();
  const gateway = await gatewayThatKnows(bucket);
  await putPolicy(makeGateway(), bucket, "deny");
  const deny: Decision = () => {
    throw new S3Error("AccessDenied");
  };
  const put = configureBucket({ ...gateway, decisions: [deny] }, gateway.record, async () =>
    putOf("tags", "directory", {}),
  );
  await expect(put).rejects.toThrow(S3Error);
  const { directory, record } = gateway;
  expect(await directory.readDocument(record.id, "tags", "")).toEqual({ body: undefined });
});

test("what a shard was told in a transaction that fails, it has not heard of", async () => {
  const bucket = await uniqueBucket();
  const { indexOf, record } = await gatewayThatKnows(bucket);
  const telling = indexOf({ ...record, gateway: { revision: 7, documents: {} } });
  await expect(telling.configure({ revision: 7, documents: "{" })).rejects.toThrow(SyntaxError);
  expect(await indexOf(record).commit("k", DRAFT, NO_CONDITIONS)).toMatchObject({ ok: true });
});

test("the documents of a bucket go with it", async () => {
  const bucket = await uniqueBucket();
  const { id } = await recordOf(bucket);
  await setVersioning(bucket, "Enabled");
  await putPolicy(makeGateway(), bucket, "allow");
  expect((await signedFetch("DELETE", `/${bucket}`)).status).toBe(204);
  const { directory } = makeGateway();
  expect(await directory.readShardPart(id)).toBeUndefined();
  const successor = { ...freshRecord(id), gateway: { revision: 1, documents: {} } };
  await directory.create(successor, []);
  expect((await directory.find(id))?.gateway.documents).toEqual({});
  expect(await directory.readShardPart(id)).toEqual({ revision: 0, documents: "{}" });
});
