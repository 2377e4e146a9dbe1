import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import {
  GetObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { arrivedBytes, blobFiles, blobIds, openIndex } from "../support/data-folder.ts";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { expectSdkError, presign, sdkClient, uniqueBucket } from "../support/sdk.ts";

const WAIT = { timeout: 20_000, interval: 20 };

let ledge: LedgeProcess;
let s3: S3Client;
beforeAll(async () => {
  await start();
});
afterAll(() => ledge?.stop());

async function start(options: Parameters<typeof startLedge>[0] = {}): Promise<void> {
  ledge = await startLedge(options);
  s3 = sdkClient(ledge);
}

/** The power fails, and comes back. */
async function crashAndRestart(variables: Readonly<Record<string, string>> = {}): Promise<void> {
  await ledge.kill("SIGKILL");
  await start({ dataFolder: ledge.dataFolder, variables });
}

async function read(Bucket: string, Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** Sends the head of a PutObject and the first half of its body. */
async function beginUpload(bucket: string, key: string, sizeBytes: number) {
  const path = `/${bucket}/${encodeURIComponent(key)}`;
  const url = new URL(await presign(ledge, "PUT", path));
  const socket = connect(ledge.port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(
    [
      `PUT ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      `Content-Length: ${sizeBytes}`,
      "\r\n",
    ].join("\r\n"),
  );
  socket.write(Buffer.alloc(sizeBytes / 2, "half"));
  return socket;
}

test("a client that hangs up half-way through an upload leaves nothing behind", async () => {
  const Bucket = await uniqueBucket(s3);
  const sizeBytes = 8 * 1024 * 1024;
  const socket = await beginUpload(Bucket, "cut off", sizeBytes);
  await vi.waitUntil(async () => (await arrivedBytes(ledge.dataFolder)) >= sizeBytes / 4, WAIT);
  socket.destroy();
  // By the time that as large an upload has come through, the server knows that the other one will not.
  const Body = Buffer.alloc(sizeBytes, "whole");
  await s3.send(new PutObjectCommand({ Bucket, Key: "whole", Body }));

  const get = s3.send(new GetObjectCommand({ Bucket, Key: "cut off" }));
  await expectSdkError(get, 404, "NoSuchKey");
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents.map(({ Key }) => Key)).toEqual(["whole"]);
  expect(await blobIds(ledge.dataFolder)).toHaveLength(1);
});

test.for([1000, 1_000_000])(
  "an upload of %i bytes that is cut off replaces nothing",
  async (sizeBytes) => {
    const Bucket = await uniqueBucket(s3);
    await s3.send(new PutObjectCommand({ Bucket, Key: "key", Body: "old" }));
    for (let round = 0; round < 10; round += 1) {
      const socket = await beginUpload(Bucket, "key", sizeBytes);
      socket.destroy();
      expect((await read(Bucket, "key")).toString()).toBe("old");
    }
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents).toMatchObject([{ Key: "key", Size: 3 }]);
  },
);

/** Other bytes for each name; every other generation is too large to live in the index. */
function contentOf(key: string, generation: number): Buffer {
  const seed = createHash("sha256").update(`${key} ${generation}`).digest();
  return Buffer.alloc(generation % 2 === 0 ? 1000 : 40_000, seed);
}

test("every write that was acknowledged before a crash is there after it, whole", async () => {
  const Bucket = await uniqueBucket(s3);
  const acknowledged = new Map<string, number>();
  let restarted: Promise<void> | undefined;
  /** Makes one object after another, and replaces one object again and again. */
  async function write(writer: number): Promise<void> {
    for (let generation = 0; restarted === undefined; generation += 1) {
      for (const Key of [`once/${writer}/${generation}`, `again/${writer}`]) {
        const Body = contentOf(Key, generation);
        await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
        acknowledged.set(Key, generation);
        // No sooner is it said to be stored than the server is gone, with all other writes in flight.
        if (acknowledged.size >= 100) restarted ??= crashAndRestart();
      }
    }
  }
  const writers = Array.from({ length: 8 }, (_, writer) => write(writer).catch(() => undefined));
  await Promise.all(writers);
  expect(acknowledged.size).toBeGreaterThanOrEqual(100);
  await restarted;

  const listed = new Set<string>();
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 1000 }, { Bucket })) {
    for (const { Key = "", Size } of page.Contents ?? []) {
      listed.add(Key);
      // Of the writes in flight each has come through or not, but never in part.
      const last = acknowledged.get(Key) ?? -1;
      const generations = Key.startsWith("again/") ? [last, last + 1] : [Number(Key.split("/")[2])];
      const found = await read(Bucket, Key);
      const isWhole = generations.some((generation) => contentOf(Key, generation).equals(found));
      expect(isWhole, Key).toBe(true);
      expect(Size, Key).toBe(found.length);
    }
  }
  expect([...acknowledged.keys()].filter((key) => !listed.has(key))).toEqual([]);
});

test("the sweep deletes a blob whose commit was lost, and no other", async () => {
  await ledge.stop();
  await start();
  const Bucket = await uniqueBucket(s3);
  const Body = Buffer.alloc(50_000, "body");
  await s3.send(new PutObjectCommand({ Bucket, Key: "kept", Body }));
  const [kept] = await blobIds(ledge.dataFolder);
  await s3.send(new PutObjectCommand({ Bucket, Key: "lost", Body }));
  expect(await blobIds(ledge.dataFolder)).toHaveLength(2);
  await ledge.kill("SIGKILL");
  await undoCommit("lost");
  await start({ dataFolder: ledge.dataFolder, variables: { ORPHAN_AGE_SECONDS: "0" } });
  const get = s3.send(new GetObjectCommand({ Bucket, Key: "lost" }));
  await expectSdkError(get, 404, "NoSuchKey");

  // Any write makes the shard look when its next sweep is due.
  await s3.send(new PutObjectCommand({ Bucket, Key: "inline", Body: "body" }));
  await vi.waitUntil(async () => (await blobFiles(ledge.dataFolder)).length === 1, WAIT);
  expect(await blobIds(ledge.dataFolder)).toEqual([kept]);
  expect((await read(Bucket, "kept")).equals(Body)).toBe(true);
});

/** Takes an object out of the index, as if the gateway had died between the bytes and the row. */
async function undoCommit(key: string): Promise<void> {
  const database = await openIndex(ledge.dataFolder);
  const find = "SELECT content_id FROM object WHERE key = ?";
  database.prepare(`DELETE FROM content WHERE content_id = (${find})`).run(key);
  expect(database.prepare("DELETE FROM object WHERE key = ?").run(key).changes).toBe(1);
  database.close();
}
