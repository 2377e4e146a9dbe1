import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Linux keeps in memory what is there. */
const MEMORY = "/dev/shm";

/** All tests together hold 1.5 GiB at most (2026-11). */
const LEAST_ROOM_BYTES = 4 * 1024 ** 3;

/**
 * Makes the folder in which tests, and the servers that they start, keep all their files: in memory where that has room, since on
 * a disk they wait for some hundred thousand syncs. What has to be synced, and when, is tested by what sees the calls
 * (`test/campaign/power-cut.ts`, `test/local/blobs/syncing.test.ts`), and not by the disk. It goes with this process.
 */
export function useTemporaryFolder(): string {
  const folder = mkdtempSync(path.join(hasRoomInMemory() ? MEMORY : tmpdir(), "ledge-test-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  process.env["TMPDIR"] = folder;
  return folder;
}

function hasRoomInMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= LEAST_ROOM_BYTES;
  } catch {
    return false;
  }
}
