import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import {
  blobsIn,
  envWithFailing,
  faultyAnswer,
  faultyEnv,
  withMethods,
} from "../support/faults.ts";
import { allowedForm, type Fields, formBody, formRequest } from "../support/form.ts";

const FILE = new Uint8Array(300_000).fill(7);

/** Nothing follows the file, so that it is stored once; and what has it stored a second time. */
const FORMS = { likely: [], unlikely: [["submit", "Upload"]] } as const;

function formOf(bucket: string, behind: Fields, fields: Fields = [], conditions: unknown[] = []) {
  const signed = allowedForm(bucket, [["key", "k"], ...fields], conditions);
  return formBody(signed, { file: FILE, behind });
}

/** An environment whose store fails from some write on, after it has done it. */
function envWhoseStoreFails(fromWrite: number): Cloudflare.Env {
  let writes = 0;
  const put = async (...given: unknown[]): Promise<unknown> => {
    const done = await (Reflect.apply(env.BLOBS.put.bind(env.BLOBS), undefined, given) as unknown);
    writes += 1;
    if (writes >= fromWrite) throw new Error("put: connection lost");
    return done;
  };
  return faultyEnv({ BLOBS: withMethods<object>(env.BLOBS, { put }) as R2Bucket });
}

async function expectNothing(bucket: string): Promise<void> {
  await expectError(await signedFetch("GET", `/${bucket}/k`), 404, "NoSuchKey");
  expect(await blobsIn(bucket)).toEqual([]);
}

describe.for(Object.entries(FORMS))("a form of a file of %s length", ([, behind]) => {
  test("leaves one blob", async () => {
    const bucket = await uniqueBucket();
    const response = await faultyAnswer(env, formRequest(bucket, formOf(bucket, behind)));
    expect(response.status).toBe(204);
    expect(await blobsIn(bucket)).toHaveLength(1);
  });

  test("leaves none when the store fails, be it at the second write", async () => {
    const bucket = await uniqueBucket();
    const request = formRequest(bucket, formOf(bucket, behind));
    const failing = envWhoseStoreFails(behind.length === 0 ? 1 : 2);
    await expectError(await faultyAnswer(failing, request), 500, "InternalError");
    await expectNothing(bucket);
  });

  test("leaves none when the file is not what its checksum says", async () => {
    const bucket = await uniqueBucket();
    const fields = [["x-amz-checksum-crc32", "AAAAAA=="]] as const;
    const request = formRequest(bucket, formOf(bucket, behind, fields));
    await expectError(await faultyAnswer(env, request), 400, "BadDigest");
    await expectNothing(bucket);
  });

  test("leaves none when the file is too large, or too small", async () => {
    const bucket = await uniqueBucket();
    for (const [min, max, code] of [
      [0, 200_000, "EntityTooLarge"],
      [400_000, 500_000, "EntityTooSmall"],
    ] as const) {
      const body = formOf(bucket, behind, [], [["content-length-range", min, max]]);
      await expectError(await faultyAnswer(env, formRequest(bucket, body)), 400, code);
    }
    await expectNothing(bucket);
  });

  test("leaves none when its sender breaks off", async () => {
    const bucket = await uniqueBucket();
    const body = formOf(bucket, behind);
    const headers = { "content-length": String(body.byteLength) };
    const request = formRequest(bucket, body.subarray(0, 200_000), headers);
    await expectError(await faultyAnswer(env, request), 400, "IncompleteBody");
    await expectNothing(bucket);
  });

  test("leaves a blob for the sweep when the index does not say whether it committed", async () => {
    const bucket = await uniqueBucket();
    const request = formRequest(bucket, formOf(bucket, behind));
    const failing = envWithFailing("commit", "before");
    await expectError(await faultyAnswer(failing, request), 500, "InternalError");
    expect(await blobsIn(bucket)).toHaveLength(1);
  });
});

test("a form is not stored when the first of its two blobs gives fewer bytes than it took", async () => {
  const bucket = await uniqueBucket();
  const get = async (key: string) => {
    const found = await env.BLOBS.get(key, { range: { offset: 0, length: 1000 } });
    return found as R2ObjectBody;
  };
  const failing = faultyEnv({
    BLOBS: withMethods<object>(env.BLOBS, { get }) as R2Bucket,
  });
  for (const file of [FILE, FILE.subarray(0, 2000)]) {
    const fields = allowedForm(bucket, [["key", "k"]]);
    const body = formBody(fields, { file, behind: [["a", "b".repeat(50_000)]] });
    const response = await faultyAnswer(failing, formRequest(bucket, body));
    await expectError(response, 500, "InternalError");
    await expectNothing(bucket);
  }
});

test("a form is stored though the first of its two blobs cannot be deleted", async () => {
  const bucket = await uniqueBucket();
  const failing = faultyEnv({
    BLOBS: withMethods(env.BLOBS, { delete: () => Promise.reject(new Error("delete: lost")) }),
  });
  const request = formRequest(bucket, formOf(bucket, FORMS.unlikely));
  expect((await faultyAnswer(failing, request)).status).toBe(204);
  const got = await signedFetch("GET", `/${bucket}/k`);
  expect(new Uint8Array(await got.arrayBuffer())).toEqual(FILE);
  expect(await blobsIn(bucket)).toHaveLength(2);
});
