import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { LocalRoom } from "../../../local/blobs/local-room.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A disk of 16 MiB, of which 2 MiB are not for data. */
const { disk } = vi.hoisted(() => ({ disk: { availableBytes: 0, hasFailed: false } }));
vi.mock(import("node:fs"), async (original) => {
  const fs = await original();
  const statfsSync = () => {
    if (disk.hasFailed) throw new Error("EIO");
    return { bavail: disk.availableBytes / 1024, blocks: 16 * 1024, bsize: 1024 };
  };
  return { ...fs, statfsSync: statfsSync as unknown as typeof fs.statfsSync };
});

const root = mkdtempSync(path.join(tmpdir(), "ledge-room-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let rooms = 0;
let open: LocalRoom | undefined;
function newRoom(): { readonly room: LocalRoom; readonly reserve: string } {
  rooms += 1;
  const folder = path.join(root, String(rooms));
  open = new LocalRoom(folder);
  return { room: open, reserve: path.join(folder, "reserve") };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  disk.hasFailed = false;
});
afterEach(() => {
  open?.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const outcome = (room: LocalRoom, sizeBytes: number): Promise<string> =>
  room.take(sizeBytes).then(
    () => "taken",
    (error: { code?: string }) => error.code ?? "thrown",
  );

test("an eighth of the disk is given to no data, and what is let in counts at once", async () => {
  disk.availableBytes = 5 * MIB;
  vi.setSystemTime(2000);
  const { room } = newRoom();
  expect(await outcome(room, 4 * MIB)).toBe("ServiceUnavailable");
  expect(await outcome(room, 2 * MIB)).toBe("taken");
  expect(await outcome(room, 2 * MIB)).toBe("ServiceUnavailable");
  // What was let in is written by now.
  vi.setSystemTime(4000);
  disk.availableBytes = 2 * MIB;
  expect(await outcome(room, 0)).toBe("ServiceUnavailable");
});

test("each room has a disk of its own", async () => {
  disk.availableBytes = 5 * MIB;
  vi.setSystemTime(2000);
  const { room } = newRoom();
  await room.take(2 * MIB);
  room.close();
  expect(await outcome(newRoom().room, 2 * MIB)).toBe("taken");
});

test("a reserve is held while there is room for it, and let go when something else fills the disk", () => {
  disk.availableBytes = 10 * MIB;
  const { reserve } = newRoom();
  expect(statSync(reserve).size).toBe(MIB);
  disk.availableBytes = 100 * KIB;
  vi.advanceTimersByTime(1000);
  expect(statSync(reserve).size).toBe(0);
  disk.availableBytes = 10 * MIB;
  vi.advanceTimersByTime(1000);
  expect(statSync(reserve).size).toBe(MIB);
});

test("a disk that does not tell how full it is takes data, and the log says so once", async () => {
  const warned = vi.spyOn(console, "warn").mockReturnValue();
  disk.hasFailed = true;
  const { room } = newRoom();
  vi.advanceTimersByTime(5000);
  expect(await outcome(room, MIB)).toBe("taken");
  expect(warned.mock.calls).toHaveLength(1);
});
