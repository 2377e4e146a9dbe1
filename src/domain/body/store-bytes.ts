import type { BlobSource, BlobStore } from "../../storage/ports/blob-store.ts";
import { dropOnFailure } from "./drop-blob.ts";

/** Writes bytes that are at hand as a blob; if that fails, there is none. @returns their MD5 as hex */
export async function storeBytes(
  blobs: BlobStore,
  blobId: string,
  bytes: Uint8Array,
): Promise<string> {
  const source: BlobSource = {
    sizeBytes: bytes.byteLength,
    native: undefined,
    async *chunks() {
      yield bytes;
    },
  };
  const written = await dropOnFailure(blobs, blobId, () => blobs.write(blobId, source, undefined));
  if (!written.ok) throw new Error(`the store refused ${blobId}`);
  return written.md5Hex;
}
