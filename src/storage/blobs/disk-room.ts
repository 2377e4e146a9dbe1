import { CountedRoom, type DiskRoom } from "./counted-room.ts";
import type { LocalBindings } from "./local-bindings.ts";

/** Of this isolate, which has one disk. */
let ofDisk: { readonly disk: Fetcher; readonly room: CountedRoom } | undefined;

/** Undefined where no disk can be full, as on Cloudflare. */
export function diskRoomOf({
  LOCAL_PORTS: ports,
  ROOM_DISK: disk,
}: Cloudflare.Env & LocalBindings): DiskRoom | undefined {
  if (ports !== undefined) return ports.room;
  if (disk === undefined) return undefined;
  if (ofDisk?.disk !== disk) ofDisk = { disk, room: new CountedRoom(() => readRoom(disk)) };
  return ofDisk.room;
}

async function readRoom(disk: Fetcher): Promise<number | undefined> {
  const text = await textOf(disk).catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}

async function textOf(disk: Fetcher): Promise<string | undefined> {
  const response = await disk.fetch("http://disk/bytes");
  const text = await response.text();
  return response.ok ? text : undefined;
}

/** How a file system tells of a full disk, and of a user's full share of one, where Node writes to it. */
const FULL_CODES: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);
/** The runtime tells of a full disk by SQLite's code, or hides it behind an error without a cause. */
const UNEXPLAINED = "internal error; reference = ";

/** Did this fail because there is no room left? */
export function isForWantOfRoom(error: unknown): boolean {
  // Whatever is thrown: what Node throws is no `Error` of this realm where it is in Jest.
  if (FULL_CODES.has((error as { readonly code?: unknown } | undefined)?.code)) return true;
  const text = String(error);
  if (text.includes("SQLITE_FULL")) return true;
  return ofDisk?.room.isFull === true && text.includes(UNEXPLAINED);
}
