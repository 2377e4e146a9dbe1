import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fileBlobStore } from "../../../local/blobs/file-blob-store.ts";
import { patternOf } from "../../support/bytes.ts";
import { bytesOfBody, sourceOf } from "../../support/blob-store-tests.ts";

vi.mock(import("node:worker_threads"), async (original) => {
  const module = await original();
  class NoWorker extends module.Worker {
    constructor() {
      super("throw new Error('no more threads')", { eval: true });
    }
  }
  return { ...module, Worker: NoWorker };
});

const root = mkdtempSync(path.join(tmpdir(), "ledge-no-threads-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const store = fileBlobStore(root, { isSynced: true });

beforeAll(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});

test("without threads, large blobs are hashed and written all the same, and the log says so once", async () => {
  const bytes = patternOf(2_000_000);
  for (let i = 0; i < 3; i += 1) {
    const id = `bucket/0/${String(i).repeat(26)}`;
    expect(await store.write(id, sourceOf(bytes, 9), undefined)).toMatchObject({ ok: true });
    const { body } = await store.read(id, undefined);
    expect((await bytesOfBody(body)).equals(bytes)).toBe(true);
    // The first thread fails while the first blob is written, or after it.
    await vi.waitUntil(() => vi.mocked(console.warn).mock.calls.length > 0, { timeout: 20_000 });
  }
  expect(vi.mocked(console.warn).mock.calls).toHaveLength(1);
});
