import { createHash, type Hash } from "node:crypto";
import { writeSync } from "node:fs";
import type { BlobDigest } from "../../src/storage/ports/blob-store.ts";

/** What is computed of the bytes. */
export interface DigestNames {
  /** False: the MD5 is not. */
  readonly wantsMd5?: boolean;
  readonly digest: BlobDigest["algorithm"] | undefined;
}

export interface WrittenDigests {
  /** Empty when it was not asked for. */
  readonly md5Hex: string;
  /** Undefined when none was asked for. */
  readonly digestHex: string | undefined;
}

/** Hashes bytes and writes them to a file. */
export interface BlobWriter {
  /**
   * The chunk belongs to the caller again when this returns.
   *
   * @returns a promise when the caller is to wait before the next chunk
   * @throws Error with a code of the system's, in either way
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** What all chunks had; nothing is written any more. @throws as `write` */
  end(): Promise<WrittenDigests>;
  /** Done when nothing is written any more. Never throws. */
  abort(): Promise<void>;
}

/** The digests of bytes on their way. */
export class RunningDigests {
  readonly #md5: Hash | undefined;
  readonly #other: Hash | undefined;

  constructor({ wantsMd5 = true, digest }: DigestNames) {
    this.#md5 = wantsMd5 ? createHash("md5") : undefined;
    this.#other = digest === undefined ? undefined : createHash(digest);
  }

  update(chunk: Uint8Array): void {
    this.#md5?.update(chunk);
    this.#other?.update(chunk);
  }

  end(): WrittenDigests {
    return { md5Hex: this.#md5?.digest("hex") ?? "", digestHex: this.#other?.digest("hex") };
  }
}

export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength;)
    at += writeSync(descriptor, bytes, at, bytes.byteLength - at);
}

/** Does it at once, on the thread that calls: into the page cache, which costs less than a trip to another thread. */
export function blobWriterHere(descriptor: number, names: DigestNames): BlobWriter {
  const digests = new RunningDigests(names);
  return {
    write(chunk) {
      digests.update(chunk);
      writeAll(descriptor, chunk);
      return undefined;
    },
    end: async () => digests.end(),
    async abort() {},
  };
}
