import type { BlobKeys, BlobStore } from "../storage/ports/blob-store.ts";

/** Bytes of one blob, and what the row that refers to it says of the whole. */
export interface Slice {
  readonly blobId: string;
  readonly offset: number;
  readonly length: number;
  readonly blobSizeBytes: number;
  /** Undefined: it is not encrypted. */
  readonly keys: BlobKeys | undefined;
}

/**
 * Opens a blob for an answer whose headers the row has written already: what the store has must be what the row says. A
 * blob that was cut would end the answer early; in one that was made longer, these need not be the bytes any more.
 *
 * @param key of the object, for the log
 * @throws Error naming both, when the blob is missing, shorter, or longer
 */
export async function openBlob(
  blobs: BlobStore,
  key: string,
  { blobId, offset, length, blobSizeBytes, keys }: Slice,
): Promise<ReadableStream<Uint8Array>> {
  const isWhole = offset === 0 && length === blobSizeBytes;
  const opened = await blobs
    .read(blobId, isWhole ? undefined : { offset, length }, keys)
    .catch((error: unknown) => {
      throw unreadable(key, blobId, String(error));
    });
  const { body, sizeBytes } = opened;
  if (sizeBytes === blobSizeBytes) return body;
  await body.cancel().catch(() => undefined);
  throw unreadable(key, blobId, `it has ${sizeBytes} bytes, not ${blobSizeBytes}`);
}

function unreadable(key: string, blobId: string, why: string): Error {
  return new Error(`blob ${blobId} of ${JSON.stringify(key)} cannot be read: ${why}`);
}
