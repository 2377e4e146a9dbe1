import { nodeFrameCipher } from "../../src/lib/frame-cipher.ts";
import {
  frameCount,
  frameRange,
  type Layers,
  plainBytes,
  storedFrameBytes,
} from "../../src/lib/frames.ts";
import type { BlobKeys, BlobRange, OpenBlob } from "../../src/storage/ports/blob-store.ts";
import { type Decoding, openBlobFile } from "./file-body.ts";

/**
 * Opens a file of frames, or a range of the plain bytes in it. What `framedBlobStore` does for any store costs three times as much,
 * since it joins chunks and passes them from stream to stream: here a read brings whole frames.
 *
 * @throws Error as {@link openBlobFile}, and when there are not as many bytes
 */
export function openFramedFile(
  file: string,
  range: BlobRange | undefined,
  keys: BlobKeys,
): OpenBlob {
  const layers: Layers = keys.length;
  const frames = range && frameRange(range.offset, range.length, layers);
  const stored = frames && { offset: frames.storedOffset, length: frames.storedLength };
  let plainSizeBytes = 0;
  const { body } = openBlobFile(file, stored, (storedSizeBytes) => {
    plainSizeBytes = plainBytes(storedSizeBytes, layers);
    const { offset, length } = range ?? { offset: 0, length: plainSizeBytes };
    if (plainSizeBytes < 0 || offset + length > plainSizeBytes)
      throw new Error(
        `${file} has ${plainSizeBytes} bytes, and those to ${offset + length} are asked for`,
      );
    return decodingOf(keys, plainSizeBytes, offset, length);
  });
  return { body, sizeBytes: plainSizeBytes };
}

function decodingOf(keys: BlobKeys, sizeBytes: number, offset: number, length: number): Decoding {
  const unitBytes = storedFrameBytes(keys.length);
  const cipher = nodeFrameCipher(keys);
  const last = frameCount(sizeBytes) - 1;
  let { firstFrame: frame, skippedBytes } = frameRange(offset, length, keys.length);
  let leftBytes = length;
  return {
    unitBytes,
    decode(bytes) {
      let endsAt = 0;
      const begins = Math.min(skippedBytes, bytes.byteLength);
      for (let at = 0; at < bytes.byteLength; at += unitBytes) {
        const opened = cipher.open(frame, frame === last, bytes.subarray(at, at + unitBytes));
        frame += 1;
        // It is shorter than what it was made of, which nobody needs any more.
        bytes.set(opened, endsAt);
        endsAt += opened.byteLength;
        release(opened);
      }
      const wanted = bytes.subarray(begins, Math.min(begins + leftBytes, endsAt));
      skippedBytes = 0;
      leftBytes -= wanted.byteLength;
      return wanted;
    },
  };
}

/**
 * Gives the memory back, which the collector would do much later: for each frame to come from memory that was never touched takes
 * more time than to decrypt it (measured 2026-11).
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
