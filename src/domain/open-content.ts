import { log } from "../lib/log.ts";
import type { Segment, StoredObject } from "../protocol/object-record.ts";
import type { ByteRange } from "../protocol/range.ts";
import { piecesOfBody } from "../storage/blobs/pieces-of-body.ts";
import { contentSegments } from "./content-segments.ts";
import { openBlob, type Slice } from "./open-blob.ts";
import { blobKeys, inlineBytes, type ObjectKey } from "./encryption/object-key.ts";
import type { Ports } from "./ports.ts";

const PIECE_BYTES = 256 * 1024;

export type ContentStores = Pick<Ports, "blobs" | "contents">;

/** What has to be known of an object to read its bytes. */
export interface Readable extends Pick<StoredObject, "key" | "content"> {
  /** Absent: it is not encrypted. */
  readonly objectKey?: ObjectKey | undefined;
}

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
  { key, content, objectKey }: Readable,
  range: ByteRange | undefined,
): Promise<ReadableStream<Uint8Array> | Uint8Array> {
  if (content.kind === "inline") {
    const bytes = inlineBytes(objectKey, content);
    return range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length);
  }
  const { sizeBytes } = content;
  const { offset, length } = range ?? { offset: 0, length: sizeBytes };
  const open = (slice: Slice): Promise<ByteStream> => openBlob(blobs, key, slice);
  if (content.kind === "blob") {
    const { blobId, sealedKey } = content;
    const keys = objectKey && blobKeys(objectKey, blobId, sealedKey);
    return open({ blobId, offset, length, blobSizeBytes: sizeBytes, keys });
  }
  const segments = contentSegments(contents, content, { offset, length });
  const pass = objectKey === undefined ? pipe : passOn;
  return readAll(open, unbroken(segments, objectKey), length, pass);
}

/** Neighbours that lie in one blob as they lie in the content, as after a copy part by part, are read at once. */
async function* unbroken(
  segments: AsyncIterable<Segment>,
  objectKey: ObjectKey | undefined,
): AsyncGenerator<Slice, undefined> {
  let run: Slice | undefined;
  for await (const { blobId, blobOffset, blobSizeBytes, length, sealedKey } of segments) {
    if (run?.blobId === blobId && run.offset + run.length === blobOffset) {
      const { offset, keys } = run;
      run = { blobId, offset, length: run.length + length, blobSizeBytes, keys };
      continue;
    }
    if (run !== undefined) yield run;
    const keys = objectKey && blobKeys(objectKey, blobId, sealedKey);
    run = { blobId, offset: blobOffset, length, blobSizeBytes, keys };
  }
  if (run !== undefined) yield run;
}

type ByteStream = ReadableStream<Uint8Array>;

/** How one blob's bytes go on into the answer, which more of them follow in. */
type Pass = (blob: ByteStream, answer: WritableStream<Uint8Array>) => Promise<void>;

/** From one stream of the platform to another. */
function pipe(blob: ByteStream, answer: WritableStream<Uint8Array>): Promise<void> {
  return blob.pipeTo(answer, { preventClose: true });
}

/**
 * The same for what was decrypted: workerd, which has two such streams piped, waits for ever if JavaScript writes to the first
 * (seen with 1.20261117).
 */
async function passOn(blob: ByteStream, answer: WritableStream<Uint8Array>): Promise<void> {
  const writer = answer.getWriter();
  try {
    for await (const piece of piecesOfBody(blob, PIECE_BYTES)) await writer.write(piece);
  } finally {
    writer.releaseLock();
  }
}

async function readAll(
  open: (slice: Slice) => Promise<ByteStream>,
  slices: AsyncGenerator<Slice, undefined>,
  length: number,
  pass: Pass,
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
  void pour(opened, openNext, writable, pass);
  return readable;
}

/** Never rejects: a failure is told to the reader of the other end by `abort`, if there still is one. */
async function pour(
  first: ByteStream,
  openNext: () => Promise<ByteStream | undefined>,
  writable: WritableStream<Uint8Array>,
  pass: Pass,
): Promise<void> {
  let ahead: Promise<ByteStream | undefined> = Promise.resolve(first);
  try {
    for (let current = await ahead; current !== undefined; current = await ahead) {
      ahead = openNext();
      // It is awaited when its turn comes. If it fails before, that must not count as a rejection that nobody handles.
      ahead.catch(() => {});
      await pass(current, writable);
    }
    await writable.close();
  } catch (error) {
    await writable.abort(error).catch(() => {});
    const unread = await ahead.catch(() => undefined);
    await unread?.cancel(error).catch(() => {});
  }
}
