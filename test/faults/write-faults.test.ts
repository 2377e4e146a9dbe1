import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import {
  advanceClock,
  blobsOf,
  bucketIdOf,
  envWithFailing,
  envWithShards,
  faultyEnv,
  faultyFetch,
  runAlarms,
  withMethods,
} from "../support/faults.ts";

const DAY_MS = 86_400_000;
const BLOB = "b".repeat(20_000);
const INLINE = "i".repeat(100);

afterEach(() => {
  vi.useRealTimers();
});

describe("when the blob store fails a write", () => {
  const failing = faultyEnv({
    BLOBS: withMethods(env.BLOBS, {
      put: () => Promise.reject(new Error("put: We encountered an internal error (10001)")),
    }),
  });

  test("the answer is InternalError with nothing of the inside, and the old object stays", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "old");
    const response = await faultyFetch(failing, "PUT", `/${bucket}/k`, { body: BLOB });
    const document = await expectError(response, 500, "InternalError");
    expect(document).not.toContain("10001");
    expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("old");
    expect(await blobsOf(await bucketIdOf(bucket))).toEqual([]);
  });

  test("an upload whose bytes pass through the Worker does not wait for ever either", async () => {
    const bucket = await uniqueBucket();
    const headers = { "x-amz-checksum-crc32": "AAAAAA==" };
    const body = "b".repeat(2_000_000);
    const response = await faultyFetch(failing, "PUT", `/${bucket}/k`, { body, headers });
    await expectError(response, 500, "InternalError");
    expect(await blobsOf(await bucketIdOf(bucket))).toEqual([]);
  });

  test("small objects, which need no blob, are written on", async () => {
    const bucket = await uniqueBucket();
    expect((await faultyFetch(failing, "PUT", `/${bucket}/k`, { body: INLINE })).status).toBe(200);
  });
});

test("a blob that was written although the store said it failed is deleted", async () => {
  const bucket = await uniqueBucket();
  const put = async (...given: unknown[]) => {
    await Reflect.apply(env.BLOBS.put.bind(env.BLOBS), undefined, given);
    throw new Error("put: connection lost");
  };
  const faulty = faultyEnv({ BLOBS: withMethods<object>(env.BLOBS, { put }) as R2Bucket });
  const response = await faultyFetch(faulty, "PUT", `/${bucket}/k`, { body: BLOB });
  await expectError(response, 500, "InternalError");
  expect(await blobsOf(await bucketIdOf(bucket))).toEqual([]);
});

describe("when the index cannot say whether it committed", () => {
  test("a write that was not committed leaves nothing to see, and the sweep deletes its blob", async () => {
    const bucket = await uniqueBucket();
    const id = await bucketIdOf(bucket);
    const response = await faultyFetch(envWithFailing("commit", "before"), "PUT", `/${bucket}/k`, {
      body: BLOB,
    });
    const document = await expectError(response, 500, "InternalError");
    expect(document).not.toContain("secret detail");
    await expectError(await signedFetch("GET", `/${bucket}/k`), 404, "NoSuchKey");
    expect(await blobsOf(id)).toHaveLength(1);
    advanceClock(2 * DAY_MS);
    await runAlarms(id);
    expect(await blobsOf(id)).toEqual([]);
  });

  test("for want of room, the answer is ServiceUnavailable and says so", async () => {
    const bucket = await uniqueBucket();
    const full = envWithShards(() => ({
      commit: () => Promise.reject(new Error("database or disk is full: SQLITE_FULL")),
    }));
    const response = await faultyFetch(full, "PUT", `/${bucket}/k`, { body: INLINE });
    expect(await expectError(response, 503, "ServiceUnavailable")).toContain("no room left");
  });

  test("a write that was committed keeps its bytes, through every sweep", async () => {
    const bucket = await uniqueBucket();
    const id = await bucketIdOf(bucket);
    const response = await faultyFetch(envWithFailing("commit", "after"), "PUT", `/${bucket}/k`, {
      body: BLOB,
    });
    await expectError(response, 500, "InternalError");
    advanceClock(2 * DAY_MS);
    await runAlarms(id);
    advanceClock(2 * DAY_MS);
    await runAlarms(id);
    expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe(BLOB);
  });
});

test("an orphan of a shard that was never written to is swept as well", async () => {
  const id = await bucketIdOf(await uniqueBucket());
  await env.BLOBS.put(`${id}/0/00000000000000000000000000`, "orphan");
  advanceClock(2 * DAY_MS);
  await runAlarms(id);
  expect(await blobsOf(id)).toEqual([]);
});

test("the mark of the installation is no orphan, whichever shard sweeps", async () => {
  const id = await bucketIdOf(await uniqueBucket());
  await env.BLOBS.put("_ledge/installation", "0123456789abcdef0123456789abcdef");
  await env.BLOBS.put(`${id}/0/00000000000000000000000000`, "orphan");
  advanceClock(2 * DAY_MS);
  await runAlarms(id);
  expect(await blobsOf(id)).toEqual([]);
  expect(await env.BLOBS.head("_ledge/installation")).not.toBeNull();
});

test("a blob younger than the orphan age is left alone", async () => {
  const bucket = await uniqueBucket();
  const id = await bucketIdOf(bucket);
  await faultyFetch(envWithFailing("commit", "before"), "PUT", `/${bucket}/k`, { body: BLOB });
  advanceClock(DAY_MS + 1000);
  await faultyFetch(envWithFailing("commit", "before"), "PUT", `/${bucket}/k`, { body: BLOB });
  await runAlarms(id);
  expect(await blobsOf(id)).toHaveLength(1);
});

test("an upload that the sweep has overtaken is refused: its blob may be gone", async () => {
  const bucket = await uniqueBucket();
  const id = await bucketIdOf(bucket);
  const put = async (...given: unknown[]) => {
    const written: unknown = await Reflect.apply(env.BLOBS.put.bind(env.BLOBS), undefined, given);
    advanceClock(2 * DAY_MS);
    await runAlarms(id);
    return written;
  };
  const slow = faultyEnv({ BLOBS: withMethods<object>(env.BLOBS, { put }) as R2Bucket });
  const response = await faultyFetch(slow, "PUT", `/${bucket}/k`, { body: BLOB });
  await expectError(response, 400, "RequestTimeout");
  await expectError(await signedFetch("GET", `/${bucket}/k`), 404, "NoSuchKey");
});

describe("garbage", () => {
  test("is deleted when its last reader can be gone, and not before", async () => {
    const bucket = await uniqueBucket();
    const id = await bucketIdOf(bucket);
    await putObject(bucket, "k", BLOB);
    await putObject(bucket, "k", `${BLOB}2`);
    await runAlarms(id);
    expect(await blobsOf(id)).toHaveLength(2);
    advanceClock(3_600_000);
    await runAlarms(id);
    expect(await blobsOf(id)).toHaveLength(1);
    expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe(`${BLOB}2`);
  });

  test("of many objects goes in batches until none is left", async () => {
    const bucket = await uniqueBucket();
    const id = await bucketIdOf(bucket);
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);
    await Promise.all(keys.map((key) => putObject(bucket, key, BLOB)));
    await Promise.all(keys.map((key) => signedFetch("DELETE", `/${bucket}/${key}`)));
    advanceClock(3_600_000);
    await runAlarms(id);
    expect(await blobsOf(id)).toEqual([]);
  });

  test("whose delete fails is tried again", async () => {
    const bucket = await uniqueBucket();
    const id = await bucketIdOf(bucket);
    await putObject(bucket, "k", BLOB);
    await signedFetch("DELETE", `/${bucket}/k`);
    const broken = vi.spyOn(Object.getPrototypeOf(env.BLOBS), "delete");
    broken.mockRejectedValueOnce(new Error("delete: (10043)"));
    advanceClock(3_600_000);
    await runAlarms(id);
    expect(await blobsOf(id)).toHaveLength(1);
    broken.mockRestore();
    advanceClock(61_000);
    await runAlarms(id);
    expect(await blobsOf(id)).toEqual([]);
  });
});
