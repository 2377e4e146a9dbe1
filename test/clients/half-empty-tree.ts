import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Makes a folder of 40 files, every other of them empty, as trees of sources have them. */
export function writeHalfEmptyTree(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < 40; i += 1)
    writeFileSync(path.join(folder, `file-${i}`), i % 2 === 0 ? "" : `content of ${i}`);
}
