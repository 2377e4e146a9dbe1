import { webFrameCipher } from "../../lib/frame-cipher.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { diskBlobStore } from "./disk-blob-store.ts";
import { framedBlobStore } from "./framed-blob-store.ts";
import type { LocalBindings } from "./local-bindings.ts";
import { r2BlobStore } from "./r2-blob-store.ts";

/** The store that this deployment keeps its blobs in. */
export function blobStoreOf(env: Cloudflare.Env & LocalBindings): BlobStore {
  if (env.LOCAL_PORTS !== undefined) return env.LOCAL_PORTS.blobs;
  const { BLOB_DISK } = env;
  const store = BLOB_DISK === undefined ? r2BlobStore(env.BLOBS) : diskBlobStore(BLOB_DISK);
  return framedBlobStore(store, webFrameCipher);
}
