import { S3Error } from "../../protocol/errors.ts";
import type { LocalBindings } from "./local-bindings.ts";

/** Port: the room on a disk that may be full, and is not to be filled to the last byte. */
export interface DiskRoom {
  /** @throws S3Error ServiceUnavailable when there is not so much room for data */
  take(sizeBytes: number): Promise<void>;
}

/** How old a reading may be; what is read may be as old as that itself. */
const FRESH_MS = 1000;

/** What a row takes beside the body: pages of the index, each first in its log and then in its file. */
const ROW_BYTES = 32 * 1024;

/** Of this isolate. Unknown room is no reason to refuse. */
const last = { roomBytes: Number.POSITIVE_INFINITY, readMs: 0 };
/** What was let in since the last reading, and between that and the one before: a reading need not know of it yet. */
const taken = { bytes: 0, earlierBytes: 0 };

/** Undefined where no disk can be full, as on Cloudflare. */
export function diskRoomOf({
  LOCAL_PORTS: ports,
  ROOM_DISK: disk,
}: Cloudflare.Env & LocalBindings): DiskRoom | undefined {
  if (ports !== undefined) return ports.room;
  if (disk === undefined) return undefined;
  return {
    async take(sizeBytes) {
      const nowMs = Date.now();
      if (nowMs - last.readMs >= FRESH_MS) {
        last.readMs = nowMs;
        await readRoom(disk);
      }
      const leftBytes = last.roomBytes - taken.bytes - taken.earlierBytes;
      if (leftBytes <= 0 || leftBytes < sizeBytes) throw diskFull();
      taken.bytes += sizeBytes + ROW_BYTES;
    },
  };
}

async function readRoom(disk: Fetcher): Promise<void> {
  const text = await textOf(disk).catch(() => undefined);
  if (text === undefined) return;
  last.roomBytes = Number(text);
  taken.earlierBytes = taken.bytes;
  taken.bytes = 0;
}

async function textOf(disk: Fetcher): Promise<string | undefined> {
  const response = await disk.fetch("http://disk/bytes");
  const text = await response.text();
  return response.ok ? text : undefined;
}

/** The runtime tells of a full disk by SQLite's code, or hides it behind an error without a cause. */
const UNEXPLAINED = "internal error; reference = ";

/** Did this fail because there is no room left? */
export function isForWantOfRoom(error: unknown): boolean {
  const text = String(error);
  return text.includes("SQLITE_FULL") || (last.roomBytes <= 0 && text.includes(UNEXPLAINED));
}

export function diskFull(): S3Error {
  const message =
    "There is no room left for more data. Delete objects, or make room on the disk, and try again.";
  return new S3Error("ServiceUnavailable", { message });
}
