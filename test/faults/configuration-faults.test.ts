import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { bucketIndexClient } from "../../src/storage/clients/bucket-index-client.ts";
import { expectError, putObject, uniqueBucket } from "../support/client.ts";
import { faultyEnv, faultyFetch, withMethods } from "../support/faults.ts";
import { draftOf, removalOf } from "../support/shards.ts";
import { get, listVersions, setVersioning } from "../support/versions.ts";

const directory = bucketDirectoryClient(env.DIRECTORY);
const DRAFT = draftOf({ kind: "inline", bytes: new Uint8Array(1) }, 1);

async function recordOf(bucket: string): Promise<BucketRecord> {
  const record = await directory.find(bucket);
  if (record === undefined) throw new Error(`no bucket ${bucket}`);
  return record;
}

/** A gateway that remembers the bucket as it was when this was called. */
async function gateway(bucket: string) {
  const learnt: number[] = [];
  const index = bucketIndexClient(env.BUCKET_INDEX, directory, await recordOf(bucket), (newer) =>
    learnt.push(newer.revision),
  );
  return { index, learnt };
}

describe("a gateway that has not heard of the versioning yet", () => {
  test("deletes nothing: its delete makes a marker", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    const { index, learnt } = await gateway(bucket);
    await setVersioning(bucket, "Enabled");
    expect(await index.remove(removalOf("k"))).toMatchObject({ ok: true, isMarker: true });
    expect(learnt).toEqual([1]);
    expect(await (await get(bucket, "k", "null")).text()).toBe("body");
  });

  test("overwrites nothing: its write makes a version", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    const { index } = await gateway(bucket);
    await setVersioning(bucket, "Enabled");
    const outcome = await index.commit("k", DRAFT, NO_CONDITIONS);
    expect(outcome.ok && outcome.versionId).toMatch(/^[0-9a-z]{32}$/);
    expect((await listVersions(bucket)).versions).toHaveLength(2);
  });

  test("whose onNewer refuses does nothing", async () => {
    const bucket = await uniqueBucket();
    const old = await recordOf(bucket);
    await setVersioning(bucket, "Enabled");
    const index = bucketIndexClient(env.BUCKET_INDEX, directory, old, () => {
      throw new Error("no longer allowed");
    });
    await expect(index.commit("k", DRAFT, NO_CONDITIONS)).rejects.toThrow("no longer allowed");
    expect((await listVersions(bucket)).versions).toEqual([]);
  });
});

describe("when a gateway dies between the Directory and the shards", () => {
  /** Shards that cannot be told. */
  const deaf = faultyEnv({
    BUCKET_INDEX: withMethods(env.BUCKET_INDEX, {
      get(id) {
        const shard = env.BUCKET_INDEX.get(id);
        const configure = () => Promise.reject(new Error("the gateway died"));
        // The proxy stands for a stub: only the method that fails is replaced.
        return withMethods<object>(shard, { configure }) as typeof shard;
      },
    }),
  });

  test("the shards are told by the first request of one that knows", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    const body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    const query = { versioning: "" };
    const response = await faultyFetch(deaf, "PUT", `/${bucket}`, { query, body });
    await expectError(response, 500, "InternalError");
    const { index } = await gateway(bucket);
    expect(await index.remove(removalOf("k"))).toMatchObject({ isMarker: true });
    expect(await (await get(bucket, "k", "null")).text()).toBe("body");
  });
});

test("of configurations that are put at once, all shards have the last", async () => {
  const bucket = await uniqueBucket();
  const statuses = ["Enabled", "Suspended", "Enabled", "Suspended", "Enabled"] as const;
  await Promise.all(statuses.map((status) => setVersioning(bucket, status)));
  const { revision, configuration } = await recordOf(bucket);
  expect(revision).toBe(statuses.length);
  const puts = Array.from({ length: 20 }, (_, i) => putObject(bucket, `k${i}`, "x"));
  const isNull = (await Promise.all(puts)).map(
    (response) => !response.headers.has("x-amz-version-id"),
  );
  expect(new Set(isNull)).toEqual(new Set([configuration.versioning === "Suspended"]));
});
