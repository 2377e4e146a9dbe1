import { hash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BlobWorkerFile } from "../../../local/blobs/blob-worker.ts";
import type { BlobWriter } from "../../../local/blobs/blob-writer.ts";
import { fileBlobStore } from "../../../local/blobs/file-blob-store.ts";
import { threadWriter } from "../../../local/blobs/writing-threads.ts";
import { newPrefix, sourceOf } from "../../support/blob-store-tests.ts";

const { threads } = vi.hoisted(() => ({ threads: [] as Worker[] }));
vi.mock(import("node:worker_threads"), async (original) => {
  const module = await original();
  class WatchedWorker extends module.Worker {
    constructor(...options: ConstructorParameters<typeof module.Worker>) {
      super(...options);
      threads.push(this);
    }
  }
  return { ...module, Worker: WatchedWorker };
});

const MIB = 1024 * 1024;
const WAIT = { timeout: 20_000, interval: 5 };

const bytesOf = (length: number, seed = 0): Buffer<ArrayBuffer> =>
  Buffer.alloc(length, `a pattern of odd length, number ${seed}.`);

const root = mkdtempSync(path.join(tmpdir(), "ledge-threads-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeEach(async () => {
  // The first upload of all is written here, since no thread is there yet.
  const descriptor = openSync(path.join(root, "warm"), "w");
  const writer = await vi.waitUntil(() => threadWriter({ descriptor, digest: undefined }), WAIT);
  await writer.end();
  closeSync(descriptor);
});
afterEach(() => {
  vi.restoreAllMocks();
});

let files = 0;
async function onThread(
  digest: BlobWorkerFile["digest"],
  work: (writer: BlobWriter) => Promise<void>,
): Promise<string> {
  files += 1;
  const file = path.join(root, String(files));
  const descriptor = openSync(file, "wx");
  const writer = threadWriter({ descriptor, digest });
  if (writer === undefined) throw new Error("no thread is there");
  await work(writer).finally(() => closeSync(descriptor));
  return file;
}

test.for([[1], [17_408, 69_632], [262_143, 262_144, 262_145], [1], [3 * MIB], [100, MIB, 5]])(
  "a thread writes and hashes what comes in chunks of %o bytes",
  async (sizes) => {
    const bytes = bytesOf(3 * MIB + 1);
    const file = await onThread("sha256", async (writer) => {
      for (let at = 0, i = 0; at < bytes.byteLength; i += 1) {
        // Few of one byte: a copy for each would take long.
        const size = i < 1000 ? (sizes[i % sizes.length] ?? 1) : MIB;
        const chunk = new Uint8Array(bytes.subarray(at, at + size));
        await writer.write(chunk);
        // It is the caller's again.
        chunk.fill(0);
        at += size;
      }
      expect(await writer.end()).toEqual({
        md5Hex: hash("md5", bytes),
        digestHex: hash("sha256", bytes),
      });
    });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  },
);

test("more uploads at a time than there are buffers all end, each with its own bytes", async () => {
  const uploads = Array.from({ length: 50 }, (_, i) =>
    bytesOf(700_000 + i).map((byte) => byte ^ i),
  );
  await Promise.all(
    uploads.map(async (bytes) => {
      const file = await onThread(undefined, async (writer) => {
        for (let at = 0; at < bytes.byteLength; at += 100_000)
          await writer.write(bytes.subarray(at, at + 100_000));
        expect((await writer.end()).md5Hex).toBe(hash("md5", bytes));
      });
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }),
  );
});

test("an upload that stalls holds no buffer", async () => {
  const descriptor = openSync(path.join(root, "stalled"), "w");
  const writer = threadWriter({ descriptor, digest: undefined });
  await writer?.write(bytesOf(1000));
  // The thread has not answered yet, so that this one is held back for a moment.
  await writer?.write(bytesOf(1000));
  await expect.poll(() => statSync(path.join(root, "stalled")).size, WAIT).toBe(2000);
  await writer?.abort();
  closeSync(descriptor);
});

test("an upload that was given up half-way leaves its thread to the others", async () => {
  await onThread(undefined, async (writer) => {
    await writer.write(bytesOf(300_000));
    await writer.abort();
  });
  await onThread(undefined, async (writer) => {
    await writer.write(bytesOf(10));
    expect((await writer.end()).md5Hex).toBe(hash("md5", bytesOf(10)));
  });
});

test.skipIf(process.platform !== "linux")("a full disk is told by its code", async () => {
  const descriptor = openSync("/dev/full", "w");
  const writer = threadWriter({ descriptor, digest: undefined });
  const writing = (async () => {
    for (let i = 0; i < 100; i += 1) await writer?.write(bytesOf(100_000));
    await writer?.end();
  })();
  await expect(writing).rejects.toMatchObject({ code: "ENOSPC" });
  await writer?.abort();
  closeSync(descriptor);
});

test("a thread that dies fails its uploads, keeps nothing of them, and is replaced", async () => {
  const logged = vi.spyOn(console, "error").mockReturnValue();
  const store = fileBlobStore(root, { isSynced: true });
  const prefix = newPrefix();
  const source = sourceOf(bytesOf(6 * MIB), 60);
  const halfway = {
    ...source,
    async *chunks() {
      let passedBytes = 0;
      for await (const chunk of source.chunks()) {
        passedBytes += chunk.byteLength;
        if (passedBytes > 3 * MIB) await Promise.all(threads.map((thread) => thread.terminate()));
        yield chunk;
      }
    },
  };
  await expect(store.write(`${prefix}${"a".repeat(26)}`, halfway, undefined)).rejects.toThrow(
    "thread",
  );
  expect((await store.list(prefix, "")).ids).toEqual([]);
  expect(logged.mock.calls.join("\n")).toContain("ended");
  const descriptor = openSync(path.join(root, "again"), "w");
  const writer = await vi.waitUntil(() => threadWriter({ descriptor, digest: undefined }), WAIT);
  for (let i = 0; i < 40; i += 1) await writer.write(bytesOf(262_144));
  await writer.end();
  closeSync(descriptor);
});
