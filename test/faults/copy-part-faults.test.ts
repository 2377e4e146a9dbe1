import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { encodeKey, expectError, putObject } from "../support/client.ts";
import {
  deleteObject,
  envWithRace,
  makePlace,
  PLACES,
  settle,
  SOURCE,
} from "../support/copy-places.ts";
import { readObject } from "../support/copy.ts";
import { indexOf } from "../support/multipart-object.ts";
import { blobsOf, envWithFailing, faultyFetch } from "../support/faults.ts";
import { abort, completed, createUpload } from "../support/multipart.ts";

const BLOB = "b".repeat(20_000);
const OTHER_BLOB = "o".repeat(20_000);

afterEach(() => {
  vi.useRealTimers();
});

/** The blobs of all these buckets. */
async function blobsIn(bucketIds: readonly string[]): Promise<string[]> {
  return (await Promise.all(bucketIds.map(blobsOf))).flat();
}

describe.for(PLACES)("a part that is copied in %s", (place) => {
  async function prepared(body: string) {
    const { source, target, from, to, key, ids } = await makePlace(place);
    await putObject(from, SOURCE, body);
    const uploadId = await createUpload(to, key);
    const copyPart = async (faulty: Cloudflare.Env) =>
      faultyFetch(faulty, "PUT", `/${to}/${encodeKey(key)}`, {
        query: { uploadId, partNumber: "1" },
        headers: { "x-amz-copy-source": source },
      });
    const complete = async () => {
      const page = await (await indexOf(to)).listParts(key, uploadId, 0, 1);
      const [part] = page?.parts ?? [];
      if (part === undefined) throw new Error("no part");
      await completed(to, key, uploadId, [{ partNumber: 1, etag: part.etag }]);
    };
    return { source, target, from, ids, to, key, uploadId, copyPart, complete };
  }

  test("keeps the bytes of its source, through the completion", async () => {
    const { source, target, ids, copyPart, complete } = await prepared(BLOB);
    expect((await copyPart(env)).status).toBe(200);
    await deleteObject(source);
    await settle(ids);
    await complete();
    await settle(ids);
    expect(await readObject(target)).toBe(BLOB);
    await deleteObject(target);
    await settle(ids);
    expect(await blobsIn(ids)).toEqual([]);
  });

  test("gives them back when its upload is aborted", async () => {
    const { source, ids, to, key, uploadId, copyPart } = await prepared(BLOB);
    await copyPart(env);
    await copyPart(env);
    await deleteObject(source);
    expect((await abort(to, key, uploadId)).status).toBe(204);
    await settle(ids);
    expect(await blobsIn(ids)).toEqual([]);
  });

  test.for([
    { kind: "inline", when: "before" },
    { kind: "inline", when: "after" },
    { kind: "blob", when: "before" },
    { kind: "blob", when: "after" },
  ] as const)("leaves no orphan when the index fails $when it: $kind", async ({ kind, when }) => {
    const body = kind === "inline" ? "inline body" : BLOB;
    const { source, target, ids, to, key, uploadId, copyPart, complete } = await prepared(body);
    const response = await copyPart(envWithFailing("putPart", when));
    await expectError(response, 500, "InternalError");
    await deleteObject(source);
    await settle(ids);
    if (when === "after") {
      await complete();
      expect(await readObject(target)).toBe(body);
      await deleteObject(target);
    } else await abort(to, key, uploadId);
    await settle(ids);
    expect(await blobsIn(ids)).toEqual([]);
  });

  test("of a source that is overwritten meanwhile is of one of the two, and whole", async () => {
    const { source, target, from, ids, copyPart, complete } = await prepared(BLOB);
    let races = 0;
    const racing = envWithRace(async () => {
      races += 1;
      if (races === 1) await putObject(from, SOURCE, OTHER_BLOB);
    });
    expect((await copyPart(racing)).status).toBe(200);
    await deleteObject(source);
    await settle(ids);
    await complete();
    expect(await readObject(target)).toBe(OTHER_BLOB);
  });
});
