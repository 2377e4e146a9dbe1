import { createHash } from "node:crypto";
import type { FrameCipher, MakeFrameCipher } from "../../lib/frame-cipher.ts";
import {
  frameCount,
  frameRange,
  type FrameRange,
  FRAME_BYTES,
  piecesOf,
  plainBytes,
  storedBytes,
  storedFrameBytes,
} from "../../lib/frames.ts";
import { log } from "../../lib/log.ts";
import { piecesOfBody } from "./pieces-of-body.ts";
import type {
  BlobDigest,
  BlobRange,
  BlobSource,
  BlobStore,
  BlobWriteOptions,
  BlobWriteResult,
  OpenBlob,
} from "../ports/blob-store.ts";

/** Of one blob, so that the cipher and the store work at the same time. */
const FRAMES_IN_FLIGHT = 4;

/**
 * The {@link BlobStore} port, keys and all, over a store that knows nothing of keys: bytes with a key are stored as frames
 * (`lib/frames.ts`). Ranges, sizes, and digests are those of the plain bytes.
 */
export function framedBlobStore(store: BlobStore, makeCipher: MakeFrameCipher): BlobStore {
  return {
    ...store,
    write: (id, source, expected, options = {}) =>
      options.keys === undefined
        ? store.write(id, source, expected, options)
        : writeFrames(store, makeCipher, id, source, expected, options, options.keys),
    read: (id, range, keys) =>
      keys === undefined ? store.read(id, range) : readFrames(store, makeCipher, id, range, keys),
  };
}

type Keys = NonNullable<BlobWriteOptions["keys"]>;

class DigestMismatch extends Error {}

async function writeFrames(
  store: BlobStore,
  makeCipher: MakeFrameCipher,
  id: string,
  source: BlobSource,
  expected: BlobDigest | undefined,
  { wantsMd5 = true }: BlobWriteOptions,
  keys: Keys,
): Promise<BlobWriteResult> {
  const cipher = await makeCipher(keys);
  const md5 = wantsMd5 ? createHash("md5") : undefined;
  const digest = expected && createHash(expected.algorithm);
  const { sizeBytes } = source;
  const framed: BlobSource = {
    sizeBytes: storedBytes(sizeBytes, keys.length),
    native: undefined,
    chunks: () => sealedFrames(cipher, hashed(), sizeBytes),
  };
  async function* hashed(): AsyncGenerator<Uint8Array, void> {
    let passedBytes = 0;
    for await (const chunk of source.chunks()) {
      md5?.update(chunk);
      digest?.update(chunk);
      passedBytes += chunk.byteLength;
      // Before the last chunk goes on: a store keeps what it has seen all of.
      if (
        passedBytes === sizeBytes &&
        digest !== undefined &&
        digest.digest("hex") !== expected?.hex
      )
        throw new DigestMismatch();
      yield chunk;
    }
  }
  try {
    if (sizeBytes === 0 && digest !== undefined && digest.copy().digest("hex") !== expected?.hex)
      throw new DigestMismatch();
    await store.write(id, framed, undefined, { wantsMd5: false });
  } catch (error) {
    if (error instanceof DigestMismatch) return { ok: false, reason: "digest" };
    throw error;
  }
  return { ok: true, md5Hex: md5?.digest("hex") ?? "" };
}

async function* sealedFrames(
  cipher: FrameCipher,
  chunks: AsyncIterable<Uint8Array>,
  sizeBytes: number,
): AsyncGenerator<Uint8Array, void> {
  const last = frameCount(sizeBytes) - 1;
  let frame = 0;
  yield* ahead(piecesOf(chunks, FRAME_BYTES), (piece) => {
    const sealed = cipher.seal(frame, frame === last, piece);
    frame += 1;
    return sealed;
  });
}

async function readFrames(
  store: BlobStore,
  makeCipher: MakeFrameCipher,
  id: string,
  range: BlobRange | undefined,
  keys: Keys,
): Promise<OpenBlob> {
  const frames = range && frameRange(range.offset, range.length, keys.length);
  const [cipher, opened] = await Promise.all([
    makeCipher(keys),
    store.read(id, frames && { offset: frames.storedOffset, length: frames.storedLength }),
  ]);
  const sizeBytes = plainBytes(opened.sizeBytes, keys.length);
  const { offset, length } = range ?? { offset: 0, length: sizeBytes };
  const isThere = Number.isSafeInteger(sizeBytes) && length >= 0 && offset + length <= sizeBytes;
  if (!isThere) {
    await opened.body.cancel().catch(() => undefined);
    throw new Error(
      `blob ${id} has ${sizeBytes} bytes, and those to ${offset + length} are asked for`,
    );
  }
  const pieces = piecesOf(
    piecesOfBody(opened.body, FRAMES_IN_FLIGHT * storedFrameBytes(keys.length)),
    storedFrameBytes(keys.length),
  );
  const plain = openedFrames(
    cipher,
    pieces,
    sizeBytes,
    frames ?? frameRange(0, length, keys.length),
  );
  // What is not as it was sealed is found out here already, if it is the first frame.
  const first = await plain.next();
  const { readable, writable } = new FixedLengthStream(length);
  void pour(id, first, plain, length, writable);
  return { body: readable, sizeBytes };
}

/** The plain bytes from the wanted one on, frame by frame. */
async function* openedFrames(
  cipher: FrameCipher,
  pieces: AsyncIterable<Uint8Array>,
  sizeBytes: number,
  { firstFrame, skippedBytes }: FrameRange,
): AsyncGenerator<Uint8Array, void> {
  const last = frameCount(sizeBytes) - 1;
  let frame = firstFrame;
  let skipped = skippedBytes;
  const opened = ahead(pieces, (piece) => {
    const plain = cipher.open(frame, frame === last, piece);
    frame += 1;
    return plain;
  });
  for await (const plain of opened) {
    yield skipped === 0 ? plain : plain.subarray(skipped);
    skipped = 0;
  }
}

/** Never rejects: a failure is told to the reader of the other end by `abort`. */
async function pour(
  id: string,
  first: IteratorResult<Uint8Array, void>,
  plain: AsyncGenerator<Uint8Array, void>,
  length: number,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const writer = writable.getWriter();
  const openNext = async (): Promise<IteratorResult<Uint8Array, void>> => {
    try {
      return await plain.next();
    } catch (error) {
      // The status has been sent, so that the log is the only place to tell it.
      log("error", "read broke off", { blobId: id, error: String(error) });
      throw error;
    }
  };
  try {
    let leftBytes = length;
    for (let next = first; next.done !== true && leftBytes > 0; next = await openNext()) {
      const wanted = next.value.subarray(0, leftBytes);
      leftBytes -= wanted.byteLength;
      await writer.write(wanted);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  } finally {
    await plain.return().catch(() => undefined);
  }
}

/** What work makes of the pieces, in their order, some of it at the same time. A piece need not last longer than its call. */
async function* ahead(
  pieces: AsyncIterable<Uint8Array>,
  work: (piece: Uint8Array) => Promise<Uint8Array> | Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  const inFlight: (Promise<Uint8Array> | Uint8Array)[] = [];
  for await (const piece of pieces) {
    const made = work(piece);
    // It is awaited when its turn comes; if it fails before, that must not count as a rejection that nobody handles.
    if (made instanceof Promise) made.catch(() => undefined);
    inFlight.push(made);
    if (!(made instanceof Promise) || inFlight.length >= FRAMES_IN_FLIGHT) {
      const oldest = inFlight.shift();
      if (oldest !== undefined) yield await oldest;
    }
  }
  for (const made of inFlight) yield await made;
}
