import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import {
  advanceClock,
  blobsOf,
  bucketIdOf,
  envWithFailing,
  faultyEnv,
  faultyFetch,
  runAlarms,
  withMethods,
} from "../support/faults.ts";
import {
  abort,
  bytesOf,
  complete,
  completed,
  completionOf,
  createUpload,
  listParts,
  type Part,
  PART_BYTES,
  putPart,
  uploadPart,
} from "../support/multipart.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

afterEach(() => {
  vi.useRealTimers();
});

async function begin(): Promise<{ bucket: string; id: string; uploadId: string }> {
  const bucket = await uniqueBucket();
  return { bucket, id: await bucketIdOf(bucket), uploadId: await createUpload(bucket, "k") };
}

function faultyPart(
  faulty: Cloudflare.Env,
  bucket: string,
  uploadId: string,
  body: string,
): Promise<Response> {
  const query = { uploadId, partNumber: "1" };
  return faultyFetch(faulty, "PUT", `/${bucket}/k`, { query, body });
}

function faultyCompletion(
  faulty: Cloudflare.Env,
  bucket: string,
  uploadId: string,
  parts: readonly Part[],
): Promise<Response> {
  const body = completionOf(parts);
  return faultyFetch(faulty, "POST", `/${bucket}/k`, { query: { uploadId }, body });
}

async function partSizes(bucket: string, uploadId: string): Promise<string[]> {
  return elements(await (await listParts(bucket, "k", uploadId)).text(), "Size");
}

async function sizeOf(bucket: string): Promise<string | null> {
  return (await signedFetch("HEAD", `/${bucket}/k`)).headers.get("content-length");
}

/** Lets every sweep and every garbage job that could be due come, twice over; not the end of the upload. */
async function sweep(bucketId: string): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    advanceClock(2 * DAY_MS);
    await runAlarms(bucketId);
  }
}

test("a part that the blob store fails is InternalError; the earlier one stays, and it can be sent again", async () => {
  const { bucket, id, uploadId } = await begin();
  await putPart(bucket, "k", uploadId, 1, "old");
  const failing = faultyEnv({
    BLOBS: withMethods(env.BLOBS, { put: () => Promise.reject(new Error("put: (10001)")) }),
  });
  const response = await faultyPart(failing, bucket, uploadId, "newer");
  expect(await expectError(response, 500, "InternalError")).not.toContain("10001");
  expect(await partSizes(bucket, uploadId)).toEqual(["3"]);
  expect(await blobsOf(id)).toHaveLength(1);
  await putPart(bucket, "k", uploadId, 1, "newer");
  expect(await partSizes(bucket, uploadId)).toEqual(["5"]);
});

describe("when the index cannot say whether it has a part", () => {
  test("one that it has not leaves nothing to see, and the sweep deletes its blob", async () => {
    const { bucket, id, uploadId } = await begin();
    const response = await faultyPart(envWithFailing("putPart", "before"), bucket, uploadId, "x");
    expect(await expectError(response, 500, "InternalError")).not.toContain("secret detail");
    expect(await partSizes(bucket, uploadId)).toEqual([]);
    expect(await blobsOf(id)).toHaveLength(1);
    await sweep(id);
    expect(await blobsOf(id)).toEqual([]);
  });

  test("one that it has keeps its bytes, and can be listed for the object", async () => {
    const { bucket, id, uploadId } = await begin();
    const response = await faultyPart(envWithFailing("putPart", "after"), bucket, uploadId, "x");
    await expectError(response, 500, "InternalError");
    await sweep(id);
    const document = await (await listParts(bucket, "k", uploadId)).text();
    const [etag = ""] = elements(document, "ETag");
    await completed(bucket, "k", uploadId, [
      { partNumber: 1, etag: etag.replaceAll("&quot;", '"') },
    ]);
    expect(await blobsOf(id)).toHaveLength(1);
    expect(await sizeOf(bucket)).toBe("1");
  });
});

describe("when the index cannot say whether it completed an upload", () => {
  test("one that it has not can be completed once more", async () => {
    const { bucket, id, uploadId } = await begin();
    const part = await putPart(bucket, "k", uploadId, 1, "x");
    const failing = envWithFailing("completeUpload", "before");
    const response = await faultyCompletion(failing, bucket, uploadId, [part]);
    expect(await expectError(response, 500, "InternalError")).not.toContain("secret detail");
    expect(await sizeOf(bucket)).toBeNull();
    await completed(bucket, "k", uploadId, [part]);
    await sweep(id);
    expect(await sizeOf(bucket)).toBe("1");
    expect(await blobsOf(id)).toHaveLength(1);
  });

  test("one that it has is there, and answers the same when it is asked once more", async () => {
    const { bucket, id, uploadId } = await begin();
    const part = await putPart(bucket, "k", uploadId, 1, "x");
    const failing = envWithFailing("completeUpload", "after");
    await expectError(
      await faultyCompletion(failing, bucket, uploadId, [part]),
      500,
      "InternalError",
    );
    expect(await sizeOf(bucket)).toBe("1");
    const document = await completed(bucket, "k", uploadId, [part]);
    const { headers } = await signedFetch("HEAD", `/${bucket}/k`);
    expect(elements(document, "ETag")).toEqual([headers.get("etag")?.replaceAll('"', "&quot;")]);
    await sweep(id);
    expect(await blobsOf(id)).toHaveLength(1);
  });
});

test("a part that the sweep has overtaken is refused: its blob may be gone", async () => {
  const { bucket, id, uploadId } = await begin();
  const put = async (...given: unknown[]) => {
    const written: unknown = await Reflect.apply(env.BLOBS.put.bind(env.BLOBS), undefined, given);
    advanceClock(2 * DAY_MS);
    await runAlarms(id);
    return written;
  };
  const slow = faultyEnv({ BLOBS: withMethods<object>(env.BLOBS, { put }) as R2Bucket });
  await expectError(await faultyPart(slow, bucket, uploadId, "x"), 400, "RequestTimeout");
  expect(await partSizes(bucket, uploadId)).toEqual([]);
  expect(await blobsOf(id)).toEqual([]);
});

test("an upload that was aborted while a part was on its way takes none, and keeps no bytes", async () => {
  const { bucket, id, uploadId } = await begin();
  const put = async (...given: unknown[]) => {
    const written: unknown = await Reflect.apply(env.BLOBS.put.bind(env.BLOBS), undefined, given);
    await abort(bucket, "k", uploadId);
    return written;
  };
  const racing = faultyEnv({ BLOBS: withMethods<object>(env.BLOBS, { put }) as R2Bucket });
  await expectError(await faultyPart(racing, bucket, uploadId, "x"), 404, "NoSuchUpload");
  expect(await blobsOf(id)).toEqual([]);
});

test("an upload that does not exist is refused before its body is read", async () => {
  const { bucket, id } = await begin();
  const put = vi.fn<() => Promise<never>>();
  const watched = faultyEnv({ BLOBS: withMethods<object>(env.BLOBS, { put }) as R2Bucket });
  await expectError(await faultyPart(watched, bucket, "none", "x"), 404, "NoSuchUpload");
  expect(put).not.toHaveBeenCalled();
  expect(await blobsOf(id)).toEqual([]);
});

describe("what nothing refers to any more is deleted when its last reader can be gone:", () => {
  async function collectGarbage(bucketId: string): Promise<void> {
    advanceClock(HOUR_MS);
    await runAlarms(bucketId);
    // What the first run took apart, the second deletes.
    await runAlarms(bucketId);
  }

  test("a part that was replaced", async () => {
    const { bucket, id, uploadId } = await begin();
    await putPart(bucket, "k", uploadId, 1, "old");
    await putPart(bucket, "k", uploadId, 1, "new");
    expect(await blobsOf(id)).toHaveLength(2);
    await collectGarbage(id);
    expect(await blobsOf(id)).toHaveLength(1);
  });

  test("the parts of an upload that was aborted", async () => {
    const { bucket, id, uploadId } = await begin();
    for (const n of [1, 2, 3]) await putPart(bucket, "k", uploadId, n, "x");
    await abort(bucket, "k", uploadId);
    await collectGarbage(id);
    expect(await blobsOf(id)).toEqual([]);
  });

  test("a part that the completion left out, and with the object the others", async () => {
    const { bucket, id, uploadId } = await begin();
    const first = await putPart(bucket, "k", uploadId, 1, bytesOf(PART_BYTES, 1));
    await putPart(bucket, "k", uploadId, 2, "left out");
    const last = await putPart(bucket, "k", uploadId, 3, "last");
    await completed(bucket, "k", uploadId, [first, last]);
    await collectGarbage(id);
    expect(await blobsOf(id)).toHaveLength(2);
    await signedFetch("DELETE", `/${bucket}/k`);
    // First the list of segments, then what it referred to.
    await collectGarbage(id);
    await collectGarbage(id);
    expect(await blobsOf(id)).toEqual([]);
  });

  test("nothing of an upload whose completion was refused", async () => {
    const { bucket, id, uploadId } = await begin();
    const part = await putPart(bucket, "k", uploadId, 1, "x");
    const wrong = { ...part, etag: '"e"' };
    await expectError(await complete(bucket, "k", uploadId, [wrong]), 400, "InvalidPart");
    await collectGarbage(id);
    await completed(bucket, "k", uploadId, [part]);
    expect(await blobsOf(id)).toHaveLength(1);
  });

  test("the bytes of a part that was refused for its checksum, at once", async () => {
    const { bucket, id, uploadId } = await begin();
    const headers = { "x-amz-checksum-sha1": "2jmj7l5rSw0yVb/vlWAYkK/YBwk=" };
    const query = { uploadId, partNumber: "1" };
    await expectError(await uploadPart(bucket, "k", query, "x", headers), 400, "BadDigest");
    expect(await blobsOf(id)).toEqual([]);
  });
});
