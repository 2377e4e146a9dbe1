import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { annotate, annotationsOf } from "../support/annotations.ts";
import { encodeKey, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { settle, SOURCE } from "../support/copy-places.ts";
import { readObject, strangerTo } from "../support/copy.ts";
import { bucketIdOf, envWithFailing, envWithShards, faultyFetch } from "../support/faults.ts";

const BLOB = "b".repeat(20_000);
const OTHER_BLOB = "o".repeat(20_000);

afterEach(() => {
  vi.useRealTimers();
});

describe.skipIf(env.INDEX_SHARDS === "1")("a rename across shards whose gateway dies", () => {
  const KEY = strangerTo(SOURCE);

  function faultyRename(faulty: Cloudflare.Env, bucket: string): Promise<Response> {
    return faultyFetch(faulty, "PUT", `/${bucket}/${encodeKey(KEY)}`, {
      query: { renameObject: "" },
      headers: { "x-amz-rename-source": SOURCE },
    });
  }

  interface RenameFault {
    readonly method: "changeAnnotation" | "commit" | "remove";
    readonly when: "before" | "after";
    readonly left: readonly string[];
  }

  test.for<RenameFault>([
    { method: "commit", when: "before", left: [SOURCE] },
    { method: "commit", when: "after", left: [SOURCE, KEY] },
    { method: "changeAnnotation", when: "before", left: [SOURCE, KEY] },
    { method: "changeAnnotation", when: "after", left: [SOURCE, KEY] },
    { method: "remove", when: "before", left: [SOURCE, KEY] },
    { method: "remove", when: "after", left: [KEY] },
  ])("$when its $method leaves $left, all whole", async ({ method, when, left }) => {
    const bucket = await uniqueBucket();
    const id = await bucketIdOf(bucket);
    await putObject(bucket, SOURCE, BLOB);
    await annotate(`${bucket}/${SOURCE}`, "note");
    const response = await faultyRename(envWithFailing(method, when), bucket);
    await expectError(response, 500, "InternalError");
    await settle([id]);
    for (const key of [SOURCE, KEY]) {
      if (left.includes(key)) expect(await readObject(`${bucket}/${key}`)).toBe(BLOB);
      else expect((await signedFetch("HEAD", `/${bucket}/${encodeKey(key)}`)).status).toBe(404);
    }
    if (left.includes(SOURCE)) expect((await faultyRename(env, bucket)).status).toBe(200);
    expect(await annotationsOf(`${bucket}/${KEY}`)).toEqual(["note"]);
    await settle([id]);
    expect((await signedFetch("HEAD", `/${bucket}/${SOURCE}`)).status).toBe(404);
    expect(await readObject(`${bucket}/${KEY}`)).toBe(BLOB);
  });

  test("a source that is put anew in between stays", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, SOURCE, BLOB);
    const racing = envWithShards((shard) => ({
      async commit(...given: Parameters<BucketIndexObject["commit"]>) {
        const answer = await shard.commit(...given);
        await putObject(bucket, SOURCE, OTHER_BLOB);
        return answer;
      },
    }));
    expect((await faultyRename(racing, bucket)).status).toBe(200);
    expect(await readObject(`${bucket}/${KEY}`)).toBe(BLOB);
    expect(await readObject(`${bucket}/${SOURCE}`)).toBe(OTHER_BLOB);
  });
});
