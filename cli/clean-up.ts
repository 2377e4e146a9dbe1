import type { Output } from "./output.ts";
import { removeUnfinishedUploads } from "./unfinished-uploads.ts";

/**
 * Removes what uploads were writing when an earlier server died. Never throws. It is for the time in which requests are
 * served already: a folder of many blobs takes seconds to look through.
 */
export async function cleanUp(
  blobsPath: string,
  startedMs: number,
  output: Output,
  signal?: AbortSignal,
): Promise<void> {
  try {
    const count = await removeUnfinishedUploads(blobsPath, startedMs, signal);
    if (count > 0) output.progress(`Removed ${count} unfinished uploads of a server that died.`);
  } catch (error) {
    output.warn(`unfinished uploads could not be removed: ${String(error)}`);
  }
}
