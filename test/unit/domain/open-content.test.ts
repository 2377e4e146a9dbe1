import { describe, expect, test } from "vitest";
import { openContent, type Readable } from "../../../src/domain/open-content.ts";
import type { Located, Segment } from "../../../src/protocol/object-record.ts";
import {
  type ByteRange,
  type RangeSpec,
  resolveRange,
  spanOf,
} from "../../../src/protocol/range.ts";
import type { BlobRange, BlobStore } from "../../../src/storage/ports/blob-store.ts";
import type { ContentIndex } from "../../../src/storage/ports/content-index.ts";

/** Two blobs; a content is put together from slices of them. */
const BLOBS: Readonly<Record<string, string>> = { a: "abcdefgh", b: "ABCDEFGH" };

type Slice = readonly [blobId: string, offset: number, length: number];

const ALPHABET: readonly Slice[] = [
  ["a", 0, 3],
  ["a", 3, 2],
  ["b", 1, 4],
  ["a", 7, 1],
  ["b", 5, 3],
  ["a", 0, 8],
];

function segmentsOf(slices: readonly Slice[]): readonly Segment[] {
  let offset = 0;
  return slices.map(([blobId, blobOffset, length]) => {
    const blobSizeBytes = BLOBS[blobId]?.length ?? 0;
    const blob = { blobId, blobOffset, blobSizeBytes, keeperId: blobId };
    const segment = { ...blob, offset, length };
    offset += length;
    return segment;
  });
}

const textOf = (slices: readonly Slice[]): string =>
  slices.map(([id, offset, length]) => BLOBS[id]?.slice(offset, offset + length)).join("");

/** The part of the port that a read uses, with so many segments on a page. */
function contentIndexOf(slices: readonly Slice[], pageLength: number) {
  const segments = segmentsOf(slices);
  const sizeBytes = slices.reduce((sum, [, , length]) => sum + length, 0);
  const locateRange = (spec: RangeSpec): Located => {
    const { offset, length } = resolveRange(spec, sizeBytes) ?? { offset: 0, length: 0 };
    const found = segments.filter(
      (segment) => segment.offset < offset + length && segment.offset + segment.length > offset,
    );
    return { segments: found.slice(0, pageLength), part: undefined };
  };
  const contents = {
    locate: async (_id: string, _size: number, { range }: { range: RangeSpec }) =>
      locateRange(range),
  } as unknown as ContentIndex;
  return { contents, sizeBytes, locateRange };
}

interface OpenBlob {
  readonly id: string;
  readonly range: BlobRange;
  isOpen: boolean;
}

/** Remembers what was opened; a blob flows a byte at a time, and fails after `failsAfter` bytes of `failing`. */
function watchedBlobs(failing?: { readonly id: string; readonly afterBytes: number }) {
  const opened: OpenBlob[] = [];
  const store = {
    async read(id: string, wanted: BlobRange | undefined) {
      const text = BLOBS[id];
      if (text === undefined) throw new Error(`blob ${id} is missing`);
      const range = wanted ?? { offset: 0, length: text.length };
      const blob: OpenBlob = { id, range, isOpen: true };
      opened.push(blob);
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (failing?.id === id && sent === failing.afterBytes) {
            blob.isOpen = false;
            controller.error(new Error("the store broke"));
            return;
          }
          const at = range.offset + sent;
          controller.enqueue(new TextEncoder().encode(text[at]));
          sent += 1;
          if (sent < range.length && at + 1 < text.length) return;
          blob.isOpen = false;
          controller.close();
        },
        cancel() {
          blob.isOpen = false;
        },
      });
      return { body, sizeBytes: text.length };
    },
  };
  return { opened, blobs: store as unknown as BlobStore };
}

function stitched(sizeBytes: number, located?: Located): Readable {
  return {
    key: "k",
    content: { kind: "stitched", contentId: "c", sizeBytes, partCount: 1, located },
  };
}

async function read(slices: readonly Slice[], range?: ByteRange, pageLength = 250) {
  const { contents, sizeBytes } = contentIndexOf(slices, pageLength);
  const { blobs, opened } = watchedBlobs();
  const body = await openContent({ blobs, contents }, stitched(sizeBytes), range);
  return { text: await new Response(body).text(), opened };
}

describe("a stitched content", () => {
  test.for([1, 2, 250])("gives any range, with %i segments on a page", async (pageLength) => {
    const whole = textOf(ALPHABET);
    for (let offset = 0; offset < whole.length; offset += 1)
      for (let length = 1; length <= whole.length - offset; length += 1) {
        const { text } = await read(ALPHABET, { offset, length }, pageLength);
        expect(text).toBe(whole.slice(offset, offset + length));
      }
  });

  test("asks for no page that came with the record", async () => {
    const { sizeBytes, locateRange } = contentIndexOf(ALPHABET, 250);
    const { blobs } = watchedBlobs();
    const contents = {
      locate: () => Promise.reject(new Error("asked")),
    } as unknown as ContentIndex;
    const content = stitched(sizeBytes, locateRange(spanOf(2, 9)));
    const range = { offset: 2, length: 8 };
    const body = await openContent({ blobs, contents }, content, range);
    expect(await new Response(body).text()).toBe(textOf(ALPHABET).slice(2, 10));
  });

  test.for([1, 250])(
    "reads neighbours of one blob at once, with %i segments on a page",
    async (pageLength) => {
      const pieces: readonly Slice[] = Array.from({ length: 8 }, (_, i) => ["a", i, 1]);
      const { text, opened } = await read([...pieces, ["b", 0, 2]], undefined, pageLength);
      expect(text).toBe("abcdefghAB");
      expect(opened.map(({ id, range: { offset, length } }) => [id, offset, length])).toEqual([
        ["a", 0, 8],
        ["b", 0, 2],
      ]);
    },
  );

  test("without bytes opens no blob", async () => {
    const { text, opened } = await read([["a", 0, 0]]);
    expect([text, opened]).toEqual(["", []]);
  });

  test("has the next blob open while one flows, and never a third", async () => {
    const { contents, sizeBytes } = contentIndexOf(ALPHABET, 2);
    const { blobs, opened } = watchedBlobs();
    const body = await openContent({ blobs, contents }, stitched(sizeBytes), undefined);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    const mostOpen: number[] = [];
    for (;;) {
      const { done } = await reader.read();
      if (done) break;
      mostOpen.push(opened.filter(({ isOpen }) => isOpen).length);
    }
    expect(Math.max(...mostOpen)).toBe(2);
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false, false, false, false, false]);
  });

  test("closes what is open when its reader goes away", async () => {
    const { contents, sizeBytes } = contentIndexOf(ALPHABET, 250);
    const { blobs, opened } = watchedBlobs();
    const body = await openContent({ blobs, contents }, stitched(sizeBytes), undefined);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([true, true]);
    await reader.cancel();
    await expect.poll(() => opened.map(({ isOpen }) => isOpen)).toEqual([false, false]);
  });
});

describe("a content that cannot be given to its end breaks off", () => {
  async function expectBroken(
    slices: readonly Slice[],
    failing?: { readonly id: string; readonly afterBytes: number },
  ) {
    const { contents, sizeBytes } = contentIndexOf(slices, 250);
    const { blobs, opened } = watchedBlobs(failing);
    const body = await openContent({ blobs, contents }, stitched(sizeBytes), undefined);
    await expect(new Response(body).text()).rejects.toThrow();
    await expect.poll(() => opened.some(({ isOpen }) => isOpen)).toBe(false);
  }

  test("when the first blob fails", () =>
    expectBroken(
      [
        ["a", 0, 8],
        ["b", 0, 8],
      ],
      { id: "a", afterBytes: 3 },
    ));

  test("when a later blob fails", () =>
    expectBroken(
      [
        ["a", 0, 8],
        ["b", 0, 8],
        ["a", 0, 8],
      ],
      { id: "b", afterBytes: 3 },
    ));

  test("when a later blob is missing", () =>
    expectBroken([
      ["a", 0, 8],
      ["none", 0, 8],
    ]));

  test("when a blob is shorter than its segment", () =>
    expectBroken([
      ["a", 0, 8],
      ["b", 4, 8],
    ]));

  test("when a page of segments does not come", async () => {
    const { locateRange, sizeBytes } = contentIndexOf(ALPHABET, 3);
    const { blobs } = watchedBlobs();
    const contents = { locate: async () => ({ segments: [] }) } as unknown as ContentIndex;
    const content = stitched(sizeBytes, locateRange(spanOf(0, Infinity)));
    const body = await openContent({ blobs, contents }, content, undefined);
    await expect(new Response(body).text()).rejects.toThrow();
  });

  test("when the first blob is missing, before the answer begins", async () => {
    const { contents, sizeBytes } = contentIndexOf([["none", 0, 8]], 250);
    const { blobs } = watchedBlobs();
    await expect(openContent({ blobs, contents }, stitched(sizeBytes), undefined)).rejects.toThrow(
      "blob none is missing",
    );
  });
});
