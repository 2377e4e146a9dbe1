import { log } from "../lib/log.ts";
import type { Segment, StoredObject } from "../protocol/object-record.ts";
import type { ByteRange } from "../protocol/range.ts";
import { contentSegments } from "./content-segments.ts";
import { openBlob, type Slice } from "./open-blob.ts";
import type { Ports } from "./ports.ts";

export type ContentStores = Pick<Ports, "blobs" | "contents">;

/** What has to be known of an object to read its bytes. */
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
      // The status has been sent, so that the log is the only place to tell it.
      log("error", "read broke off", { error: String(error) });
      throw error;
    }
  };
  const { value: first } = await slices.next();
  if (first === undefined) return new Uint8Array();
  const opened = await open(first);
  // All is in one blob: its own stream is the answer's, and no JavaScript runs for it.
  if (first.length === length) return opened;
  const { readable, writable } = new FixedLengthStream(length);
  void pour(opened, openNext, writable);
  return readable;
}

/** Never rejects: a failure is told to the reader of the other end by `abort`, if there still is one. */
async function pour(
  first: ByteStream,
  openNext: () => Promise<ByteStream | undefined>,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  let ahead: Promise<ByteStream | undefined> = Promise.resolve(first);
  try {
    for (let current = await ahead; current !== undefined; current = await ahead) {
      ahead = openNext();
      // It is awaited when its turn comes. If it fails before, that must not count as a rejection that nobody handles.
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
