import { randomBytes } from "node:crypto";
import { closeSync, openSync, statfsSync, writeSync } from "node:fs";

const MIB = 1024 * 1024;

/** Writes so many MiB, each other than all others, so that no two pieces can be swapped unnoticed. */
export function writeLargeFile(file: string, sizeMib: number): void {
  const piece = randomBytes(MIB);
  const descriptor = openSync(file, "w");
  for (let i = 0; i < sizeMib; i += 1) {
    piece.writeUInt32BE(i);
    writeSync(descriptor, piece);
  }
  closeSync(descriptor);
}

/** @returns why a step that needs so much disk in this folder is skipped; undefined when there is room */
export function lackOfDisk(folder: string, neededMib: number): string | undefined {
  const { bavail, bsize } = statfsSync(folder);
  const freeMib = Math.floor((bavail * bsize) / MIB);
  return freeMib >= neededMib ? undefined : `${freeMib} MiB of disk are free, not ${neededMib}`;
}
