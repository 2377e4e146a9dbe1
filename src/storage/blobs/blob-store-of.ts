import type { BlobStore } from "../ports/blob-store.ts";
import { diskBlobStore } from "./disk-blob-store.ts";
import { r2BlobStore } from "./r2-blob-store.ts";

/** What only the local server binds: a folder, in place of R2. */
interface LocalBindings {
  readonly BLOB_DISK?: Fetcher;
}

/** The store that this deployment keeps its blobs in. */
export function blobStoreOf(env: Cloudflare.Env & LocalBindings): BlobStore {
  return env.BLOB_DISK === undefined ? r2BlobStore(env.BLOBS) : diskBlobStore(env.BLOB_DISK);
}
