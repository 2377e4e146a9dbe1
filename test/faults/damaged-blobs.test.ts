import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { blobStoreOf } from "../../src/storage/blobs/blob-store-of.ts";
import type { BlobStore } from "../../src/storage/ports/blob-store.ts";
import { WANTS_CONTENT } from "../../src/storage/ports/content-index.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { bucketIdOf, faultyFetch } from "../support/faults.ts";
import { indexOf } from "../support/multipart-object.ts";
import { completionOf } from "../support/multipart.ts";

const { TEST_DISK } = env as unknown as { readonly TEST_DISK: Fetcher };
const SIZE = 20_000;
const BLOB = "b".repeat(SIZE);

type Init = Parameters<typeof faultyFetch>[3];

/** What can become of a blob behind the back of the index. */
const DAMAGES: Readonly<Record<string, (store: BlobStore, id: string) => Promise<unknown>>> = {
  cut: (store, id) => rewrite(store, id, SIZE - 1),
  emptied: (store, id) => rewrite(store, id, 0),
  "made longer": (store, id) => rewrite(store, id, SIZE + 1),
  removed: (store, id) => store.delete([id]),
};

async function rewrite(store: BlobStore, id: string, sizeBytes: number): Promise<void> {
  await store.delete([id]);
  async function* chunks() {
    if (sizeBytes > 0) yield new Uint8Array(sizeBytes);
  }
  await store.write(id, { sizeBytes, native: undefined, chunks }, undefined);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.for([
  { name: "R2", stores: env },
  { name: "the disk", stores: { ...env, BLOB_DISK: TEST_DISK } },
])("on $name", ({ stores }) => {
  const blobs = blobStoreOf(stores);
  const send = (method: string, path: string, init?: Init) =>
    faultyFetch(stores, method, path, init);
  let bucket: string;
  beforeAll(async () => {
    bucket = await uniqueBucket();
  });

  /** The blobs of an object, in order. */
  async function blobsOf(key: string): Promise<string[]> {
    const record = await (await indexOf(bucket)).read(key, WANTS_CONTENT);
    const content = record?.kind === "object" ? record.content : undefined;
    if (content?.kind === "blob") return [content.blobId];
    if (content?.kind !== "stitched") throw new Error(`${key} has no blobs`);
    return (content.located?.segments ?? []).map(({ blobId }) => blobId);
  }

  async function expectDone(answer: Promise<Response>): Promise<string> {
    const response = await answer;
    const document = await response.text();
    expect(response.status, document).toBe(200);
    return document;
  }

  async function begunUpload(key: string, headers = {}): Promise<string> {
    const begun = send("POST", `/${bucket}/${key}`, { query: { uploads: "" }, headers });
    return elements(await expectDone(begun), "UploadId")[0] ?? "";
  }

  const sourceOf = (key: string) => ({ "x-amz-copy-source": `/${bucket}/${key}` });

  /** Objects that read blob `at`, counted from 0: one blob, two of them, and a range of one. */
  const OBJECTS = {
    blob: (key: string) => expectDone(send("PUT", `/${bucket}/${key}`, { body: BLOB })),
    async appended(key: string) {
      await OBJECTS.blob(key);
      const headers = { "x-amz-write-offset-bytes": String(SIZE) };
      await expectDone(send("PUT", `/${bucket}/${key}`, { body: BLOB, headers }));
    },
    async "range of a copy"(key: string) {
      await OBJECTS.blob(`${key}-source`);
      const uploadId = await begunUpload(key);
      const headers = {
        ...sourceOf(`${key}-source`),
        "x-amz-copy-source-range": "bytes=0-99",
      };
      const query = { uploadId, partNumber: "1" };
      const part = await expectDone(send("PUT", `/${bucket}/${key}`, { query, headers }));
      const etag = (elements(part, "ETag")[0] ?? "").replaceAll("&quot;", '"');
      const body = completionOf([{ partNumber: 1, etag }]);
      await expectDone(send("POST", `/${bucket}/${key}`, { query: { uploadId }, body }));
    },
  };

  /** Each asks for bytes of the blob that was damaged, which is the first of the object unless it says otherwise. */
  const READS: readonly {
    readonly what: string;
    readonly of: keyof typeof OBJECTS;
    readonly damagedAt?: number;
    readonly read: (key: string) => Promise<Response>;
  }[] = [
    { what: "a GET", of: "blob", read: (key) => send("GET", `/${bucket}/${key}`) },
    { what: "a range", of: "blob", read: (key) => range(key, "bytes=0-9") },
    { what: "the last byte", of: "blob", read: (key) => range(key, "bytes=-1") },
    { what: "part 1", of: "blob", read: (key) => part(key, "1") },
    {
      what: "a GET of a copy",
      of: "blob",
      async read(key) {
        const headers = sourceOf(key);
        await expectDone(send("PUT", `/${bucket}/${key}-copy`, { headers }));
        return send("GET", `/${bucket}/${key}-copy`);
      },
    },
    {
      what: "a copy with a checksum",
      of: "blob",
      async read(key) {
        const headers = { ...sourceOf(key), "x-amz-checksum-algorithm": "SHA256" };
        return send("PUT", `/${bucket}/${key}-copy`, { headers });
      },
    },
    {
      what: "a copy of a part with a checksum",
      of: "blob",
      async read(key) {
        const algorithm = { "x-amz-checksum-algorithm": "SHA256" };
        const query = { uploadId: await begunUpload(`${key}-parts`, algorithm), partNumber: "1" };
        return send("PUT", `/${bucket}/${key}-parts`, { query, headers: sourceOf(key) });
      },
    },
    { what: "a GET", of: "appended", read: (key) => send("GET", `/${bucket}/${key}`) },
    { what: "a range of both", of: "appended", read: (key) => range(key, "bytes=19999-20000") },
    {
      what: "a range of its second blob",
      of: "appended",
      damagedAt: 1,
      read: (key) => range(key, `bytes=${SIZE}-${SIZE + 9}`),
    },
    { what: "its part 2", of: "appended", damagedAt: 1, read: (key) => part(key, "2") },
    { what: "a GET", of: "range of a copy", read: (key) => send("GET", `/${bucket}/${key}`) },
  ];

  const range = (key: string, header: string) =>
    send("GET", `/${bucket}/${key}`, { headers: { range: header } });
  const part = (key: string, partNumber: string) =>
    send("GET", `/${bucket}/${key}`, { query: { partNumber } });

  let keys = 0;
  async function damaged(of: keyof typeof OBJECTS, damage: string, at = 0) {
    keys += 1;
    const key = `k${keys}`;
    await OBJECTS[of](key);
    const blobId = (await blobsOf(key))[at] ?? "";
    await DAMAGES[damage]?.(blobs, blobId);
    return { key, blobId };
  }

  describe.for(Object.keys(DAMAGES))("when a blob was %s", (damage) => {
    test.for(READS)("$what of an object ($of) is InternalError", async (asked) => {
      const logged = vi.spyOn(console, "error").mockReturnValue();
      const { key, blobId } = await damaged(asked.of, damage, asked.damagedAt);
      await expectError(await asked.read(key), 500, "InternalError");
      const lines = logged.mock.calls.join("\n");
      expect(lines).toContain(blobId);
      expect(lines).toContain(key);
    });

    test("an answer that comes to it midway breaks off, and the log says why", async () => {
      const logged = vi.spyOn(console, "error").mockReturnValue();
      const { key, blobId } = await damaged("appended", damage, 1);
      const response = await send("GET", `/${bucket}/${key}`);
      expect(response.status).toBe(200);
      await expect(response.arrayBuffer()).rejects.toThrow();
      expect(logged.mock.calls.join("\n")).toContain(blobId);
    });
  });

  test("a copy that could not be read is not made", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const { key } = await damaged("blob", "cut");
    const headers = { ...sourceOf(key), "x-amz-checksum-algorithm": "SHA256" };
    await expectError(await send("PUT", `/${bucket}/none`, { headers }), 500, "InternalError");
    await expectError(await send("GET", `/${bucket}/none`), 404, "NoSuchKey");
  });
});

describe.for(["x'6162'", "zeroblob(11)"])("an inline body that has become %s", (bytes) => {
  test.for(["read", "copied", "appended to"])("is not %s", async (how) => {
    vi.spyOn(console, "error").mockReturnValue();
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "0123456789");
    const id = await bucketIdOf(bucket);
    for (let shard = 0; shard < Number(env.INDEX_SHARDS); shard += 1)
      await runInDurableObject(env.BUCKET_INDEX.getByName(`${id}/${shard}`), (_, { storage }) => {
        storage.sql.exec(`UPDATE inline_body SET bytes = ${bytes}`);
      });
    const asks: Readonly<Record<string, () => Promise<Response>>> = {
      read: () => faultyFetch(env, "GET", `/${bucket}/k`, { headers: { range: "bytes=0-0" } }),
      copied: () =>
        faultyFetch(env, "PUT", `/${bucket}/c`, {
          headers: { "x-amz-copy-source": `/${bucket}/k` },
        }),
      "appended to": () =>
        faultyFetch(env, "PUT", `/${bucket}/k`, {
          headers: { "x-amz-write-offset-bytes": "10" },
          body: "tail",
        }),
    };
    const answer = await asks[how]?.();
    await expectError(answer ?? Response.error(), 500, "InternalError");
    expect((await signedFetch("HEAD", `/${bucket}/k`)).headers.get("content-length")).toBe("10");
  });
});
