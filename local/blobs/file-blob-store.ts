import { readdir, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { nodeFrameCipher } from "../../src/lib/frame-cipher.ts";
import { blobPath, listBlobFiles } from "../../src/storage/blobs/blob-files.ts";
import { framedBlobStore } from "../../src/storage/blobs/framed-blob-store.ts";
import type { BlobStore, BlobWriteResult } from "../../src/storage/ports/blob-store.ts";
import { BlobUpload } from "./blob-upload.ts";
import { openBlobFile } from "./file-body.ts";
import { openFramedFile } from "./framed-file.ts";
import { Folders } from "./folders.ts";

export interface FileBlobStoreOptions {
  /** A write returns when its blob is on the disk; else when it is in the page cache. */
  readonly isSynced: boolean;
}

/**
 * The {@link BlobStore} port over files in a folder. They lie where `diskBlobStore` has them, so that either can go on with
 * what the other has written.
 */
export function fileBlobStore(root: string, { isSynced }: FileBlobStoreOptions): BlobStore {
  const folders = new Folders(root, isSynced);
  const fileOf = (id: string): string => path.join(root, blobPath(id));

  const store: BlobStore = {
    async write(id, source, expected, { wantsMd5 = true } = {}): Promise<BlobWriteResult> {
      let upload: BlobUpload | undefined;
      const begin = (): BlobUpload =>
        new BlobUpload(fileOf(id), folders, source.sizeBytes, { expected, wantsMd5 });
      try {
        // Nothing is opened for a client that sends nothing.
        for await (const chunk of source.chunks()) await (upload ??= begin()).write(chunk);
        return await (upload ??= begin()).end();
      } catch (error) {
        await upload?.abort();
        throw error;
      }
    },

    read: async (id, range) => openBlobFile(fileOf(id), range),

    async storedSizeOf(id) {
      try {
        return (await stat(fileOf(id))).size;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },

    async delete(ids) {
      const files = ids.map(fileOf);
      for (const file of files)
        await unlink(file).catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
      for (const folder of new Set(files.map((file) => path.dirname(file)))) folders.prune(folder);
    },

    list: (prefix, after) => listBlobFiles(namesIn, prefix, after),
  };
  return {
    ...framedBlobStore(store, nodeFrameCipher),
    read: async (id, range, keys) =>
      keys === undefined ? store.read(id, range) : openFramedFile(fileOf(id), range, keys),
  };

  /** What begins with a dot is not finished. */
  async function namesIn(folder: string): Promise<string[]> {
    try {
      const names = await readdir(path.join(root, folder));
      return names.filter((name) => !name.startsWith("."));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
