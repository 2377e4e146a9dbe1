import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";

/** How a file is named until it is whole, by workerd's disk service and `local/blobs/`: `.<name>.<process>.<number>.tmp`. */
const UNFINISHED = /^\..+\.\d+\.\d+\.tmp$/;

/**
 * Deletes the files that uploads were writing when an earlier server died. No listing of blobs shows them, so
 * the sweep for orphans does not find them.
 *
 * @param startedMs what is older is not an upload of the server that runs now; by the clock of the file system
 * @param signal ends it early: the next server looks again
 * @returns how many there were
 */
export async function removeUnfinishedUploads(
  folder: string,
  startedMs: number,
  signal?: AbortSignal,
): Promise<number> {
  let count = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (signal?.aborted === true) break;
    const entryPath = path.join(folder, entry.name);
    if (entry.isDirectory()) count += await removeUnfinishedUploads(entryPath, startedMs, signal);
    else if (UNFINISHED.test(entry.name) && (await modifiedMs(entryPath)) < startedMs) {
      await rm(entryPath, { force: true });
      count += 1;
    }
  }
  return count;
}

/** Infinity for what has just got its final name, or is gone. */
async function modifiedMs(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
}
