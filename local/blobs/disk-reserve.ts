import { closeSync, ftruncateSync, mkdirSync, openSync, statfsSync, writeSync } from "node:fs";
import path from "node:path";

const MAX_KEPT_BYTES = 64 * 1024 * 1024;
const MIB = Buffer.alloc(1024 * 1024);

/**
 * Some of a disk is kept for deletes and clean-up, which write before they make room: an eighth, up to 64 MiB, is not given
 * to data, and half of that is a file that goes when something else fills the disk.
 */
export class DiskReserve {
  readonly #folder: string;
  readonly #file: number;
  /** Undefined: an earlier server may have left it. */
  #isHeld: boolean | undefined;

  /** @param folder of its own. @throws Error with a code of the system's */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#file = openForUpdate(path.join(folder, "reserve"));
  }

  /**
   * To be called each second.
   *
   * @returns how many bytes of data there is room for
   * @throws Error with a code of the system's
   */
  look(): number {
    const { bavail, blocks, bsize } = statfsSync(this.#folder);
    const availableBytes = bavail * bsize;
    const keptBytes = Math.floor(Math.min(MAX_KEPT_BYTES, (blocks * bsize) / 8));
    if (this.#isHeld !== false && availableBytes < keptBytes / 4) {
      this.#isHeld = false;
      ftruncateSync(this.#file, 0);
    } else if (this.#isHeld !== true && isScarce(availableBytes, keptBytes)) {
      this.#isHeld = true;
      fill(this.#file, Math.floor(keptBytes / 2));
    }
    return Math.max(0, availableBytes - keptBytes);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Enough to take the reserve from, and not so much that it would be of no use. */
function isScarce(availableBytes: number, keptBytes: number): boolean {
  return availableBytes >= 2 * keptBytes && availableBytes < 16 * keptBytes;
}

/** Opens a file that may be new, so that it can be written over. */
export function openForUpdate(file: string): number {
  closeSync(openSync(file, "a", 0o600));
  return openSync(file, "r+");
}

/** What is written is there; a file that is only made longer may have no blocks. */
function fill(file: number, sizeBytes: number): void {
  for (let at = 0; at < sizeBytes; at += MIB.byteLength)
    writeSync(file, MIB, 0, Math.min(MIB.byteLength, sizeBytes - at), at);
}
