import type { BlobContent } from "../../protocol/object-record.ts";
import type { BlobStore } from "../../storage/ports/blob-store.ts";
import { etagOf, newBlobKeys, type ObjectKey } from "../encryption/object-key.ts";
import { bytesBody } from "./bytes-body.ts";
import { dropOnFailure } from "./drop-blob.ts";

/** A blob that no row refers to yet. */
interface StoredBytes {
  readonly content: BlobContent;
  readonly etag: string;
}

/**
 * Writes bytes that are at hand as a blob; if that fails, there is none.
 *
 * @param key that they are encrypted with; undefined: they are not
 */
export async function storeBytes(
  blobs: BlobStore,
  blobId: string,
  bytes: Uint8Array,
  key: ObjectKey | undefined,
): Promise<StoredBytes> {
  const source = bytesBody(bytes);
  const sealed = key && newBlobKeys(key, blobId);
  const written = await dropOnFailure(blobs, blobId, () =>
    blobs.write(blobId, source, undefined, { keys: sealed?.keys }),
  );
  if (!written.ok) throw new Error(`the store refused ${blobId}`);
  const { sizeBytes } = source;
  return {
    content: { kind: "blob", blobId, sizeBytes, sealedKey: sealed?.sealedKey },
    etag: etagOf(key, written.md5Hex),
  };
}
