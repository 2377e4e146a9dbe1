import type { BlobDigest, BlobWriteResult } from "../../src/storage/ports/blob-store.ts";
import { type BlobWriter, blobWriterHere } from "./blob-writer.ts";
import type { Folders } from "./folders.ts";
import { UnfinishedFile } from "./unfinished-file.ts";
import { threadWriter } from "./writing-threads.ts";

/** Below, what it costs to hand a blob over is not worth it. */
const MIN_THREAD_BYTES = 1024 * 1024;

interface WantedDigests {
  readonly expected: BlobDigest | undefined;
  readonly wantsMd5: boolean;
}

/** One blob on its way to the disk. What throws is to be followed by `abort`. */
export class BlobUpload {
  readonly #file: UnfinishedFile;
  readonly #writer: BlobWriter;
  readonly #expected: BlobDigest | undefined;
  readonly #sizeBytes: number;
  #writtenBytes = 0;

  /** @param sizeBytes what it is to have in the end */
  constructor(
    file: string,
    folders: Folders,
    sizeBytes: number,
    { expected, wantsMd5 }: WantedDigests,
  ) {
    this.#file = new UnfinishedFile(file, folders);
    const { descriptor } = this.#file;
    const digests = { wantsMd5, digest: expected?.algorithm };
    const threads =
      sizeBytes < MIN_THREAD_BYTES ? undefined : threadWriter({ descriptor, ...digests });
    this.#writer = threads ?? blobWriterHere(descriptor, digests);
    this.#sizeBytes = sizeBytes;
    this.#expected = expected;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#writtenBytes += chunk.byteLength;
    await this.#writer.write(chunk);
  }

  /** Keeps the file if it is what it should be. */
  async end(): Promise<BlobWriteResult> {
    if (this.#writtenBytes !== this.#sizeBytes)
      throw new Error(`a blob of ${this.#sizeBytes} bytes was given ${this.#writtenBytes}`);
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
