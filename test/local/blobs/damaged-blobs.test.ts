import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { fileBlobStore } from "../../../local/blobs/file-blob-store.ts";
import { FixedLengthStream } from "../../../local/streams/fixed-length-stream.ts";
import type { Pourable } from "../../../local/streams/pourable.ts";
import { feedContent } from "../../../src/domain/feed-content.ts";
import { openContent } from "../../../src/domain/open-content.ts";
import type { Content, Segment } from "../../../src/protocol/object-record.ts";
import type { ContentIndex } from "../../../src/storage/ports/content-index.ts";
import { newPrefix, sourceOf } from "../../support/blob-store-tests.ts";

const root = mkdtempSync(path.join(tmpdir(), "ledge-damaged-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

// As the platform has it.
Object.assign(globalThis, { FixedLengthStream });

const blobs = fileBlobStore(root, { isSynced: false });
const contents = {} as ContentIndex;

const write = (id: string, sizeBytes: number) =>
  blobs.write(id, sourceOf(new Uint8Array(sizeBytes)), undefined);

const rewrite = async (id: string, sizeBytes: number): Promise<void> => {
  await blobs.delete([id]);
  await write(id, sizeBytes);
};

const DAMAGES: Readonly<Record<string, (id: string, sizeBytes: number) => Promise<unknown>>> = {
  cut: (id, sizeBytes) => rewrite(id, sizeBytes - 1),
  emptied: (id) => rewrite(id, 0),
  "made longer": (id, sizeBytes) => rewrite(id, sizeBytes + 1),
  removed: (id) => blobs.delete([id]),
};

/** An object of one blob, or of two; both of the same size. */
async function stored(kind: "blob" | "stitched", sizeBytes: number) {
  const prefix = newPrefix();
  const ids = ["a", "b"].map((letter) => prefix + letter.repeat(26));
  for (const id of ids) await write(id, sizeBytes);
  const [first = "", second = ""] = ids;
  const segments = ids.map((blobId, i): Segment => ({
    offset: i * sizeBytes,
    length: sizeBytes,
    blobId,
    blobOffset: 0,
    blobSizeBytes: sizeBytes,
    keeperId: blobId,
  }));
  const content: Content =
    kind === "blob"
      ? { kind, blobId: first, sizeBytes }
      : {
          kind,
          contentId: first,
          sizeBytes: 2 * sizeBytes,
          partCount: 2,
          located: { segments, part: undefined },
        };
  return { object: { key: "the key", content }, length: content.sizeBytes, first, second };
}

// Read at once, and while the answer flows.
describe.for([20_000, 300_000])("of blobs of %i bytes", (sizeBytes) => {
  describe.for(Object.entries(DAMAGES))("one was %s", ([, damage]) => {
    test.for(["blob", "stitched"] as const)("a %s object is not opened", async (kind) => {
      const { object, length, first } = await stored(kind, sizeBytes);
      await damage(first, sizeBytes);
      for (const range of [
        undefined,
        { offset: 0, length: 10 },
        { offset: sizeBytes - 1, length: 1 },
      ]) {
        const opening = openContent({ blobs, contents }, object, range);
        await expect(opening).rejects.toThrow(first);
        await expect(opening).rejects.toThrow("the key");
      }
      const feeding = feedContent({ blobs, contents }, object, { offset: 0, length }, []);
      await expect(feeding).rejects.toThrow(first);
    });

    test("an answer that comes to it midway breaks off, and the log says why", async () => {
      const logged = vi.spyOn(console, "error").mockReturnValue();
      const { object, second } = await stored("stitched", sizeBytes);
      await damage(second, sizeBytes);
      const body = await openContent({ blobs, contents }, object, undefined);
      let sentBytes = 0;
      const client = new Writable({
        write(chunk: Uint8Array, _encoding, done) {
          sentBytes += chunk.byteLength;
          done();
        },
      });
      await (body as unknown as Pourable).pour(client);
      expect(client.destroyed).toBe(true);
      expect(client.writableFinished).toBe(false);
      expect(sentBytes).toBeLessThanOrEqual(sizeBytes);
      expect(logged.mock.calls.join("\n")).toContain(second);
    });
  });

  test("a whole one is poured to its last byte", async () => {
    const { object, length } = await stored("stitched", sizeBytes);
    const body = await openContent({ blobs, contents }, object, undefined);
    let sentBytes = 0;
    const client = new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        sentBytes += chunk.byteLength;
        done();
      },
    });
    await (body as unknown as Pourable).pour(client);
    expect(sentBytes).toBe(length);
    expect(client.writableEnded).toBe(true);
  });
});
