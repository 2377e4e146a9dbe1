import type { Segment, StoredObject } from "../protocol/object-record.ts";
import type { ByteRange } from "../protocol/range.ts";
import { contentSegments } from "./content-segments.ts";
import { openBlob, type Slice } from "./open-blob.ts";
import type { Ports } from "./ports.ts";

export type ContentStores = Pick<Ports, "blobs" | "contents">;

/** What of an object its bytes are read by. */
export type Readable = Pick<StoredObject, "key" | "content">;

/**
 * The bytes of an object's content, or a slice of them; of a stitched one as many blobs as it takes, one after the
 * other, the next being opened while the current one flows.
 *
 * A stream that cannot be given to its end breaks off: it is never just short.
 *
 * @throws Error when the first blob is missing, or not as long as its row says
 */
export async function openContent(
  { blobs, contents }: ContentStores,
  { key, content }: Readable,
  range: ByteRange | undefined,
): Promise<ReadableStream<Uint8Array> | Uint8Array> {
  if (content.kind === "inline") {
    const { bytes } = content;
    return range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length);
  }
  const { sizeBytes } = content;
  const { offset, length } = range ?? { offset: 0, length: sizeBytes };
  const open = (slice: Slice): Promise<ByteStream> => openBlob(blobs, key, slice);
  if (content.kind === "blob")
    return open({ blobId: content.blobId, offset, length, blobSizeBytes: sizeBytes });
  const segments = contentSegments(contents, content, { offset, length });
  return readAll(open, unbroken(segments), length);
}

/** Neighbours that lie in one blob as they lie in the content, as after a copy part by part, are read at once. */
async function* unbroken(segments: AsyncIterable<Segment>): AsyncGenerator<Slice, undefined> {
  let run: Slice | undefined;
  for await (const { blobId, blobOffset, blobSizeBytes, length } of segments) {
    if (run?.blobId === blobId && run.offset + run.length === blobOffset) {
      run = { blobId, offset: run.offset, length: run.length + length, blobSizeBytes };
      continue;
    }
    if (run !== undefined) yield run;
    run = { blobId, offset: blobOffset, length, blobSizeBytes };
  }
  if (run !== undefined) yield run;
}

type ByteStream = ReadableStream<Uint8Array>;

async function readAll(
  open: (slice: Slice) => Promise<ByteStream>,
  slices: AsyncGenerator<Slice, undefined>,
  length: number,
): Promise<ByteStream | Uint8Array> {
  const openNext = async (): Promise<ByteStream | undefined> => {
    try {
      const { value: slice } = await slices.next();
      return slice && (await open(slice));
    } catch (error) {
      // The answer has begun: nobody else will hear of it.
      console.error(JSON.stringify({ event: "read broke off", error: String(error) }));
      throw error;
    }
  };
  const { value: first } = await slices.next();
  if (first === undefined) return new Uint8Array();
  const opened = await open(first);
  // No loop where the platform's own stream does it.
  if (first.length === length) return opened;
  const { readable, writable } = new FixedLengthStream(length);
  void pour(opened, openNext, writable);
  return readable;
}

/** Never rejects: whoever reads the other end learns what went wrong, and whoever reads no more does not care. */
async function pour(
  first: ByteStream,
  openNext: () => Promise<ByteStream | undefined>,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  let ahead: Promise<ByteStream | undefined> = Promise.resolve(first);
  try {
    for (let current = await ahead; current !== undefined; current = await ahead) {
      ahead = openNext();
      // It is looked at when its turn comes; until then its failure is nobody's.
      ahead.catch(() => {});
      await current.pipeTo(writable, { preventClose: true });
    }
    await writable.close();
  } catch (error) {
    await writable.abort(error).catch(() => {});
    const unread = await ahead.catch(() => undefined);
    await unread?.cancel(error).catch(() => {});
  }
}
