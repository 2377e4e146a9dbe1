/**
 * How encrypted bytes lie: in frames of 64 KiB, each followed by a tag for each layer. The nonce is the frame's number and
 * whether it is the last, so that bytes which were swapped, dropped, repeated, or cut do not open.
 *
 * Source: https://eprint.iacr.org/2015/189 (STREAM)
 */
export const FRAME_BYTES = 64 * 1024;
export const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/** How often a frame is encrypted, each time with another key. */
export type Layers = 1 | 2;

/** Where frames that hold the wanted bytes are stored. */
export interface FrameRange {
  /** Number of the first. */
  readonly firstFrame: number;
  readonly storedOffset: number;
  /** To the end of the last one, were it full. */
  readonly storedLength: number;
  /** Bytes of the first frame before the wanted ones. */
  readonly skippedBytes: number;
}

/** What a frame takes when it is stored. */
export function storedFrameBytes(layers: Layers): number {
  return FRAME_BYTES + layers * TAG_BYTES;
}

export function frameCount(sizeBytes: number): number {
  return Math.ceil(sizeBytes / FRAME_BYTES);
}

export function storedBytes(sizeBytes: number, layers: Layers): number {
  return sizeBytes + layers * TAG_BYTES * frameCount(sizeBytes);
}

/** The inverse; less than nothing, or a number that is none of {@link storedBytes}, for what is cut within a tag. */
export function plainBytes(storedSizeBytes: number, layers: Layers): number {
  const frames = Math.ceil(storedSizeBytes / storedFrameBytes(layers));
  return storedSizeBytes - layers * TAG_BYTES * frames;
}

export function frameRange(offset: number, length: number, layers: Layers): FrameRange {
  const firstFrame = Math.floor(offset / FRAME_BYTES);
  const frames = frameCount(offset + length) - firstFrame;
  const each = storedFrameBytes(layers);
  return {
    firstFrame,
    storedOffset: firstFrame * each,
    storedLength: frames * each,
    skippedBytes: offset - firstFrame * FRAME_BYTES,
  };
}

/** Never used twice with a key: a key is of one run of bytes, which is written once. */
export function frameNonce(frame: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(NONCE_BYTES);
  new DataView(nonce.buffer).setUint32(7, frame);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/**
 * Cuts chunks, or joins them, into pieces of one length, of which only the last may be shorter. A piece is valid until the
 * next is asked for.
 */
export async function* piecesOf(
  chunks: AsyncIterable<Uint8Array>,
  pieceBytes: number,
): AsyncGenerator<Uint8Array, void> {
  let carry: Uint8Array | undefined;
  let carriedBytes = 0;
  for await (const chunk of chunks) {
    let at = 0;
    if (carry !== undefined && carriedBytes > 0) {
      at = Math.min(pieceBytes - carriedBytes, chunk.byteLength);
      carry.set(chunk.subarray(0, at), carriedBytes);
      carriedBytes += at;
      if (carriedBytes < pieceBytes) continue;
      yield carry;
      carriedBytes = 0;
    }
    for (; at + pieceBytes <= chunk.byteLength; at += pieceBytes)
      yield chunk.subarray(at, at + pieceBytes);
    const rest = chunk.subarray(at);
    if (rest.byteLength === 0) continue;
    carry ??= new Uint8Array(pieceBytes);
    carry.set(rest);
    carriedBytes = rest.byteLength;
  }
  if (carry !== undefined && carriedBytes > 0) yield carry.subarray(0, carriedBytes);
}
