import type { BlobDigest, BlobWriteResult } from "../../src/storage/ports/blob-store.ts";
import { type BlobWriter, blobWriterHere } from "./blob-writer.ts";
import type { Folders } from "./folders.ts";
import { UnfinishedFile } from "./unfinished-file.ts";

/** One blob on its way to the disk. What throws is to be followed by `abort`. */
export class BlobUpload {
  readonly #file: UnfinishedFile;
  readonly #writer: BlobWriter;
  readonly #expected: BlobDigest | undefined;
  #sizeBytes = 0;

  constructor(file: string, folders: Folders, expected: BlobDigest | undefined) {
    this.#file = new UnfinishedFile(file, folders);
    this.#writer = blobWriterHere(this.#file.descriptor, expected?.algorithm);
    this.#expected = expected;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#sizeBytes += chunk.byteLength;
    await this.#writer.write(chunk);
  }

  /** Keeps the file if it is what it should be. */
  async end(sizeBytes: number): Promise<BlobWriteResult> {
    if (this.#sizeBytes !== sizeBytes)
      throw new Error(`a blob of ${sizeBytes} bytes was given ${this.#sizeBytes}`);
    const { md5Hex, digestHex } = await this.#writer.end();
    if (digestHex !== this.#expected?.hex) {
      this.#file.discard();
      return { ok: false, reason: "digest" };
    }
    await this.#file.keep();
    return { ok: true, md5Hex };
  }

  async abort(): Promise<void> {
    await this.#writer.abort();
    this.#file.discard();
  }
}
