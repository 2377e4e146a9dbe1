import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { app } from "../../src/http/app.ts";
import { fetchAs, newAccount } from "../support/accounts.ts";
import {
  expectError,
  putObject,
  rawFetch,
  signedFetch,
  signRequest,
  uniqueBucket,
} from "../support/client.ts";
import { copy, copyPart } from "../support/copy.ts";
import { advanceClock } from "../support/faults.ts";
import { complete, createUpload, PART_BYTES, putPart, uploadPart } from "../support/multipart.ts";
import { setVersioning } from "../support/versions.ts";

const quotaPath = (bucket: string): string => `/_ledge/buckets/${bucket}/quota`;

async function setQuota(bucket: string, quota: object): Promise<void> {
  const response = await signedFetch("PUT", quotaPath(bucket), { body: JSON.stringify(quota) });
  expect(response.status, await response.text()).toBe(204);
}

async function bucketWith(quota: object): Promise<string> {
  const bucket = await uniqueBucket();
  await setQuota(bucket, quota);
  return bucket;
}

const put = (bucket: string, key: string, bytes: number, headers = {}) =>
  signedFetch("PUT", `/${bucket}/${key}`, { body: new Uint8Array(bytes), headers });
const refused = (response: Response) => expectError(response, 403, "QuotaExceeded");

/** Until what shards told is too old. */
const later = (): void => advanceClock(11_000);

describe("a bucket with a quota of bytes", () => {
  test("takes what fits, to the byte, refuses the next, and takes it once something was deleted", async () => {
    const bucket = await bucketWith({ bytes: 100 });
    expect((await put(bucket, "a", 60)).status).toBe(200);
    await refused(await put(bucket, "b", 41));
    expect((await put(bucket, "b", 40)).status).toBe(200);
    await refused(await put(bucket, "c", 1));
    expect((await put(bucket, "empty", 0)).status).toBe(200);
    expect((await signedFetch("DELETE", `/${bucket}/a`)).status).toBe(204);
    later();
    expect((await put(bucket, "c", 60)).status).toBe(200);
    vi.useRealTimers();
  });

  test("refuses before the body is read, and leaves nothing behind", async () => {
    const bucket = await bucketWith({ bytes: 100 });
    let isRead = false;
    const body = new ReadableStream(
      {
        pull(controller) {
          isRead = true;
          controller.enqueue(new Uint8Array(1000));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { "content-length": "1000" };
    const request = await signRequest("PUT", `/${bucket}/k`, { body, headers });
    await refused(await app.fetch(request, env, createExecutionContext()));
    expect(isRead).toBe(false);
    expect((await signedFetch("HEAD", `/${bucket}/k`)).status).toBe(404);
  });

  test("counts writes that come together: no more than fit are done", async () => {
    const bucket = await bucketWith({ bytes: 100 });
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => (await put(bucket, `k${i}`, 15)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(6);
    expect(statuses.filter((status) => status === 403)).toHaveLength(14);
  });

  test("counts older versions, copies, and appends", async () => {
    const other = await uniqueBucket();
    await putObject(other, "source", new Uint8Array(60));
    const bucket = await bucketWith({ bytes: 100 });
    expect((await copy(`${other}/source`, `${bucket}/copy`)).status).toBe(200);
    await refused(await copy(`${other}/source`, `${bucket}/more`));
    const offset = { "x-amz-write-offset-bytes": "60" };
    await refused(await put(bucket, "copy", 41, offset));
    expect((await put(bucket, "copy", 30, offset)).status).toBe(200);
    await setVersioning(bucket, "Enabled");
    later();
    expect((await put(bucket, "k", 5)).status).toBe(200);
    expect((await put(bucket, "k", 5)).status).toBe(200);
    await refused(await put(bucket, "k", 5));
    vi.useRealTimers();
  });

  test("counts what stays of versions while versioning is suspended", async () => {
    const bucket = await bucketWith({ bytes: 150 });
    await setVersioning(bucket, "Enabled");
    expect((await put(bucket, "k", 100)).status).toBe(200);
    await setVersioning(bucket, "Suspended");
    // The version with an id stays, and the whole of it becomes the null version as well.
    await refused(await put(bucket, "k", 1, { "x-amz-write-offset-bytes": "100" }));
  });

  test("does not count what was refused: who may not overwrite shuts nobody out", async () => {
    const bucket = await bucketWith({ bytes: 150 });
    expect((await put(bucket, "k", 10)).status).toBe(200);
    for (let i = 0; i < 5; i += 1) {
      const again = await put(bucket, "k", 100, { "if-none-match": "*" });
      await expectError(again, 412, "PreconditionFailed");
    }
    expect((await put(bucket, "l", 140)).status).toBe(200);
    await refused(await put(bucket, "m", 1));
  });

  test("lets a full bucket be tidied: renames add nothing, whichever shards have the keys", async () => {
    const bucket = await bucketWith({ bytes: 100 });
    expect((await put(bucket, "k0", 100)).status).toBe(200);
    for (let i = 0; i < 6; i += 1) {
      const headers = { "x-amz-rename-source": `k${i}` };
      const query = { renameObject: "" };
      const renamed = await signedFetch("PUT", `/${bucket}/k${i + 1}`, { query, headers });
      expect(renamed.status, await renamed.text()).toBe(200);
    }
    await refused(await put(bucket, "more", 1));
  });

  test("counts parts as they come, and nothing more when they are completed", async () => {
    const bucket = await bucketWith({ bytes: PART_BYTES + 100 });
    const other = await uniqueBucket();
    await putObject(other, "source", new Uint8Array(101));
    const uploadId = await createUpload(bucket, "k");
    const first = await putPart(bucket, "k", uploadId, 1, new Uint8Array(PART_BYTES));
    const place = { uploadId, partNumber: "2" };
    await refused(await uploadPart(bucket, "k", place, new Uint8Array(101)));
    await refused(await copyPart(`${other}/source`, `${bucket}/k`, place));
    const second = await putPart(bucket, "k", uploadId, 2, new Uint8Array(100));
    expect((await complete(bucket, "k", uploadId, [first, second])).status).toBe(200);
    later();
    await refused(await put(bucket, "one-more", 1));
    vi.useRealTimers();
  });
});

test("a quota of objects counts versions, whatever their size, and lets all else through", async () => {
  const bucket = await bucketWith({ objects: 2 });
  for (const key of ["a", "b"]) expect((await put(bucket, key, 0)).status).toBe(200);
  await refused(await put(bucket, "c", 0));
  const uploadId = await createUpload(bucket, "u");
  const part = await putPart(bucket, "u", uploadId, 1, new Uint8Array(10));
  await refused(await complete(bucket, "u", uploadId, [part]));
  const tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
  const tagging = await signedFetch("PUT", `/${bucket}/a`, { query: { tagging: "" }, body: tags });
  expect(tagging.status).toBe(200);
  expect((await signedFetch("GET", `/${bucket}/a`)).status).toBe(200);
  const emptied = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
  const deleted = await signedFetch("POST", `/${bucket}`, { query: { delete: "" }, body: emptied });
  expect(deleted.status).toBe(200);
  later();
  expect((await complete(bucket, "u", uploadId, [part])).status).toBe(200);
  vi.useRealTimers();
});

test("a quota is read, changed, and deleted by the deployment's root alone", async () => {
  const bucket = await uniqueBucket();
  const read = async () => (await signedFetch("GET", quotaPath(bucket))).json();
  expect(await read()).toEqual({});
  await setQuota(bucket, { bytes: 10, objects: 5 });
  expect(await read()).toEqual({ bytes: 10, objects: 5 });
  await refused(await put(bucket, "k", 11));
  await setQuota(bucket, { bytes: 11 });
  expect((await put(bucket, "k", 11)).status).toBe(200);
  expect((await signedFetch("DELETE", quotaPath(bucket))).status).toBe(204);
  expect((await signedFetch("DELETE", quotaPath(bucket))).status).toBe(204);
  expect(await read()).toEqual({});
  expect((await put(bucket, "l", 1000)).status).toBe(200);
  const { keys } = await newAccount();
  for (const method of ["GET", "PUT", "DELETE"]) {
    await expectError(await fetchAs(keys, method, quotaPath(bucket)), 403, "AccessDenied");
    const url = `http://127.0.0.1:8787${quotaPath(bucket)}`;
    await expectError(await rawFetch(url, { method }), 403, "AccessDenied");
  }
  await expectError(await signedFetch("GET", quotaPath("no-such-bucket")), 404, "NoSuchBucket");
});

test.for([
  "",
  "{}",
  "[]",
  "null",
  '{"bytes": -1}',
  '{"bytes": 1.5}',
  '{"bytes": "1"}',
  '{"bytes": 1e300}',
  '{"bytes": null}',
  '{"bytes": 1, "bytes": 2}',
  '{"bytes": 1, "files": 2}',
  '{"__proto__": 1}',
])("%s is no quota", async (body) => {
  const bucket = await uniqueBucket();
  await expectError(await signedFetch("PUT", quotaPath(bucket), { body }), 400, "InvalidRequest");
});
