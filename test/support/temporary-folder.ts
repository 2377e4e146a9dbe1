import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Linux keeps in memory what is there. */
const MEMORY = "/dev/shm";

const PREFIX = "ledge-test-";
const HOUR_MS = 3_600_000;

/** A run of all tests holds less than half of it (2026-11). */
const LEAST_ROOM_BYTES = 4 * 1024 ** 3;

/**
 * Makes the folder in which tests, and the servers that they start, keep all their files: in memory where that has room, since on
 * a disk they wait for some hundred thousand syncs. What has to be synced, and when, is tested by what sees the calls
 * (`test/campaign/power-cut.ts`, `test/local/blobs/syncing.test.ts`), and not by the disk. It goes with this process.
 */
export function useTemporaryFolder(): string {
  removeLeftovers();
  const parent = hasRoomInMemory() ? MEMORY : tmpdir();
  const folder = mkdtempSync(path.join(parent, `${PREFIX}${process.pid}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  process.env["TMPDIR"] = folder;
  return folder;
}

/** Runs that were killed have left their folders, and nothing else takes them out of memory. */
function removeLeftovers(): void {
  for (const name of namesIn(MEMORY)) {
    const pid = Number(name.slice(PREFIX.length).split("-")[0]);
    const folder = path.join(MEMORY, name);
    try {
      // Containers may share the memory, but not the numbers of processes: what was written to lately is another's.
      const isLeft = !isRunning(pid) && Date.now() - statSync(folder).mtimeMs > HOUR_MS;
      if (isLeft) rmSync(folder, { recursive: true, force: true });
    } catch {
      // It is another user's, or another run removes it.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function hasRoomInMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= LEAST_ROOM_BYTES;
  } catch {
    return false;
  }
}
