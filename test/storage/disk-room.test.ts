import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { expectError, uniqueBucket } from "../support/client.ts";
import { faultyFetch } from "../support/faults.ts";
import { diskRoomOf, isForWantOfRoom } from "../../src/storage/blobs/disk-room.ts";

const KIB = 1024;

/** What the next reading finds, and how many there were. */
const disk = { text: "", readings: 0 };
const ROOM_DISK = {
  async fetch() {
    disk.readings += 1;
    return new Response(disk.text);
  },
} as unknown as Fetcher;

const take = async (sizeBytes: number): Promise<string> =>
  (diskRoomOf({ ...env, ROOM_DISK })?.take(sizeBytes) ?? Promise.reject(new Error("no room"))).then(
    () => "taken",
    (error: { code?: string }) => error.code ?? "thrown",
  );

let nowMs = Date.now();
/** A second later, this much is said to be left, in the way that it is written down. */
function later(roomBytes: number): void {
  nowMs += 1000;
  vi.setSystemTime(nowMs);
  disk.text = String(roomBytes).padEnd(16);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
  // What other tests took is forgotten after two readings.
  later(0);
});
afterEach(() => {
  vi.useRealTimers();
});

test("without a disk there is no end of room", () => {
  expect(diskRoomOf(env)).toBeUndefined();
});

test("what was let in since a reading counts, and until the reading after the next", async () => {
  await take(0);
  later(0);
  await take(0);
  later(1000 * KIB);
  expect(await take(600 * KIB)).toBe("taken");
  expect(await take(600 * KIB)).toBe("ServiceUnavailable");
  expect(await take(100 * KIB)).toBe("taken");
  // The figure may be from just before those two.
  later(1000 * KIB);
  expect(await take(600 * KIB)).toBe("ServiceUnavailable");
  later(1000 * KIB);
  expect(await take(600 * KIB)).toBe("taken");
});

test("a body of no bytes takes a row, and none is left on a full disk", async () => {
  later(0);
  expect(await take(0)).toBe("ServiceUnavailable");
  later(100 * KIB);
  const taken = [await take(0), await take(0), await take(0), await take(0), await take(0)];
  expect(taken.filter((outcome) => outcome === "taken")).toHaveLength(4);
});

test.for([{ contentLength: "2000" }, {}])(
  "what an upload in chunks takes is what it decodes to, sent with %o",
  async ({ contentLength }) => {
    const bucket = await uniqueBucket();
    later(1000 * KIB);
    const headers = {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": String(2000 * KIB),
      ...(contentLength !== undefined && { "content-length": contentLength }),
    };
    const small = { ...env, ROOM_DISK };
    const response = await faultyFetch(small, "PUT", `/${bucket}/k`, { headers, body: "0" });
    await expectError(response, 503, "ServiceUnavailable");
  },
);

test("that a disk cannot be asked is no reason to refuse", async () => {
  later(1000 * KIB);
  await take(0);
  later(1000 * KIB);
  vi.spyOn(ROOM_DISK, "fetch").mockRejectedValueOnce(new Error("no descriptors"));
  expect(await take(0)).toBe("taken");
});

test("many writes in a second ask once", async () => {
  later(1000 * KIB);
  const before = disk.readings;
  for (let i = 0; i < 10; i += 1) await take(1);
  expect(disk.readings - before).toBe(1);
});

test("an error without a cause is for want of room when there is none, and SQLite's always", async () => {
  const unexplained = new Error("internal error; reference = abc");
  later(1000 * KIB);
  await take(0);
  expect(isForWantOfRoom(unexplained)).toBe(false);
  expect(isForWantOfRoom(new Error("database or disk is full: SQLITE_FULL"))).toBe(true);
  later(0);
  await take(0);
  expect(isForWantOfRoom(unexplained)).toBe(true);
  expect(isForWantOfRoom(new Error("blob missing"))).toBe(false);
});

test("what the system refuses for want of room is told by its code, not by a name in its text", () => {
  const systemError = (code: string) =>
    Object.assign(new Error(`${code}: no space left on device, write`), { code });
  expect(isForWantOfRoom(systemError("ENOSPC"))).toBe(true);
  expect(isForWantOfRoom(systemError("EDQUOT"))).toBe(true);
  expect(isForWantOfRoom(systemError("EIO"))).toBe(false);
  expect(isForWantOfRoom(new Error('blob b of "ENOSPC: " cannot be read'))).toBe(false);
});
