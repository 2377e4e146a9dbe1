import { closeSync, ftruncateSync, mkdirSync, openSync, statfsSync, writeSync } from "node:fs";
import path from "node:path";

/** How often the file system is asked; a Worker counts what it lets in meanwhile. */
const INTERVAL_MS = 1000;
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
const MIB = Buffer.alloc(1024 * 1024);
/** Digits of any number of bytes: the text is written over itself, for which a full disk needs no room. */
const TEXT_LENGTH = 16;

/**
 * Writes down, each second, how many bytes of data there is room for. Some of a disk is kept for deletes and clean-up,
 * which write before they make room: an eighth, up to 64 MiB, is not given to data, and half of that is a file that goes
 * when something else fills the disk.
 *
 * @param roomPath a folder of its own
 * @param onFailure is told once; without what is written, data are taken until the disk is full
 */
export function keepRoom(roomPath: string, onFailure: (message: string) => void): void {
  let room: Room | undefined;
  let hasFailed = false;
  const look = (): void => {
    try {
      room ??= new Room(roomPath);
      room.look();
    } catch (error) {
      if (!hasFailed) onFailure(`how much room there is cannot be told: ${String(error)}`);
      hasFailed = true;
    }
  };
  look();
  setInterval(look, INTERVAL_MS).unref();
}

class Room {
  readonly #path: string;
  readonly #text: number;
  readonly #reserve: number;
  /** Undefined: an earlier server may have left it. */
  #isHeld: boolean | undefined;

  constructor(roomPath: string) {
    mkdirSync(roomPath, { recursive: true });
    this.#path = roomPath;
    this.#text = openForUpdate(path.join(roomPath, "bytes"));
    this.#reserve = openForUpdate(path.join(roomPath, "reserve"));
  }

  look(): void {
    const { bavail, blocks, bsize } = statfsSync(this.#path);
    const availableBytes = bavail * bsize;
    const keptBytes = Math.floor(Math.min(MAX_KEPT_BYTES, (blocks * bsize) / 8));
    const roomBytes = Math.max(0, availableBytes - keptBytes);
    writeSync(this.#text, String(roomBytes).padEnd(TEXT_LENGTH), 0);
    if (this.#isHeld !== false && availableBytes < keptBytes / 4) {
      this.#isHeld = false;
      ftruncateSync(this.#reserve, 0);
    } else if (this.#isHeld !== true && isScarce(availableBytes, keptBytes)) {
      this.#isHeld = true;
      fill(this.#reserve, Math.floor(keptBytes / 2));
    }
  }
}

/** Enough to take the reserve from, and not so much that it would be of no use. */
function isScarce(availableBytes: number, keptBytes: number): boolean {
  return availableBytes >= 2 * keptBytes && availableBytes < 16 * keptBytes;
}

function openForUpdate(file: string): number {
  closeSync(openSync(file, "a"));
  return openSync(file, "r+");
}

/** What is written is there; a file that is only made longer may have no blocks. */
function fill(file: number, sizeBytes: number): void {
  for (let at = 0; at < sizeBytes; at += MIB.byteLength)
    writeSync(file, MIB, 0, Math.min(MIB.byteLength, sizeBytes - at), at);
}
