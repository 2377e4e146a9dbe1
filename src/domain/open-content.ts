import type { Content, Segment } from "../protocol/object-record.ts";
import type { ByteRange } from "../protocol/range.ts";
import type { BlobStore } from "../storage/blob-store.ts";
import type { ContentIndex } from "../storage/content-index.ts";
import { contentSegments } from "./content-segments.ts";

export interface ContentStores {
  readonly blobs: BlobStore;
  readonly contents: ContentIndex;
}

/** Of one blob. */
interface Slice {
  readonly blobId: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * The bytes of an object's content, or a slice of them; of a stitched one as many blobs as it takes, one after the
 * other, the next being opened while the current one flows.
 *
 * A stream that cannot be given to its end breaks off: it is never just short.
 *
 * @param sizeBytes of the whole content
 * @throws Error when the first blob is missing
 */
export async function openContent(
  { blobs, contents }: ContentStores,
  content: Content,
  sizeBytes: number,
  range: ByteRange | undefined,
): Promise<ReadableStream<Uint8Array> | Uint8Array> {
  if (content.kind === "blob") return blobs.read(content.blobId, range);
  const wanted = range ?? { offset: 0, length: sizeBytes };
  if (content.kind === "inline")
    return content.bytes.subarray(wanted.offset, wanted.offset + wanted.length);
  return readAll(
    blobs,
    unbroken(contentSegments(contents, content, sizeBytes, wanted)),
    wanted.length,
  );
}

/** Neighbours that lie in one blob as they lie in the content, as after a copy part by part, are read at once. */
async function* unbroken(segments: AsyncIterable<Segment>): AsyncGenerator<Slice, undefined> {
  let run: Slice | undefined;
  for await (const { blobId, blobOffset, length } of segments) {
    if (run?.blobId === blobId && run.offset + run.length === blobOffset) {
      run = { blobId, offset: run.offset, length: run.length + length };
      continue;
    }
    if (run !== undefined) yield run;
    run = { blobId, offset: blobOffset, length };
  }
  if (run !== undefined) yield run;
}

type ByteStream = ReadableStream<Uint8Array>;

async function readAll(
  blobs: BlobStore,
  slices: AsyncGenerator<Slice, undefined>,
  length: number,
): Promise<ByteStream | Uint8Array> {
  const open = ({ blobId, offset, length }: Slice) => blobs.read(blobId, { offset, length });
  const openNext = async (): Promise<ByteStream | undefined> => {
    const { value: slice } = await slices.next();
    return slice && open(slice);
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
