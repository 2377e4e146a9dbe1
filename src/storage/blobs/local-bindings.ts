import type { BlobStore } from "../ports/blob-store.ts";
import type { DiskRoom } from "./counted-room.ts";

/** What only local servers bind, in place of R2. */
export interface LocalBindings {
  /** Of one that runs in Node's own process: there, nothing lies between a port and its adapter. */
  readonly LOCAL_PORTS?: LocalPorts;
  /** On workerd: the folder of the blobs. */
  readonly BLOB_DISK?: Fetcher;
  /** On workerd: a folder with a file `bytes`, in which the server says how much there is room for. */
  readonly ROOM_DISK?: Fetcher;
}

/** Whether one process is the whole deployment. */
export function isOneProcess({ LOCAL_PORTS, BLOB_DISK }: Cloudflare.Env & LocalBindings): boolean {
  return LOCAL_PORTS !== undefined || BLOB_DISK !== undefined;
}

/** Undefined: nobody says when this server ends. */
export function stoppingOf({
  LOCAL_PORTS,
}: Cloudflare.Env & LocalBindings): AbortSignal | undefined {
  return LOCAL_PORTS?.stopping;
}

export interface LocalPorts {
  readonly blobs: BlobStore;
  readonly room: DiskRoom;
  /** Aborted when the server takes no requests any more: answers without an end are to end. */
  readonly stopping: AbortSignal;
}
