import { writeSync } from "node:fs";
import path from "node:path";
import { DiskReserve, openForUpdate } from "../local/blobs/disk-reserve.ts";

/** How often the file system is asked; a Worker counts what it lets in meanwhile. */
const INTERVAL_MS = 1000;
/** Digits of any number of bytes: the text is written over itself, for which a full disk needs no room. */
const TEXT_LENGTH = 16;

/**
 * Writes down, each second, how many bytes of data there is room for, and keeps the reserve.
 *
 * @param roomPath a folder of its own
 * @param onFailure is told once; without what is written, data are taken until the disk is full
 */
export function keepRoom(roomPath: string, onFailure: (message: string) => void): void {
  let reserve: DiskReserve | undefined;
  let text: number | undefined;
  let hasFailed = false;
  const look = (): void => {
    try {
      reserve ??= new DiskReserve(roomPath);
      text ??= openForUpdate(path.join(roomPath, "bytes"));
      writeSync(text, String(reserve.look()).padEnd(TEXT_LENGTH), 0);
    } catch (error) {
      if (!hasFailed) onFailure(`how much room there is cannot be told: ${String(error)}`);
      hasFailed = true;
    }
  };
  look();
  setInterval(look, INTERVAL_MS).unref();
}
