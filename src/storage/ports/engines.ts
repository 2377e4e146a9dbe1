import type { InventoryCursor, InventoryFile, InventoryRun, InventoryStep } from "./inventory.ts";
import type { ServiceCaller } from "../../protocol/caller.ts";
import type { ReplicationTask } from "./replication.ts";

/** What became of something that an engine was to do. */
export type Delivery =
  | { readonly kind: "done" }
  /** It may succeed later. */
  | { readonly kind: "retry"; readonly reason: string }
  /** It will not, as things are. */
  | { readonly kind: "refused"; readonly reason: string };

/** An object that is put without a client. */
export interface InternalWrite {
  readonly caller: ServiceCaller;
  readonly bucket: string;
  readonly key: string;
  /** Those that PutObject would be given, in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** What allows this key allows the object's, too. */
  readonly alsoKey?: string;
}

/**
 * Port: what a shard has done elsewhere, in other buckets and by the same rules as clients, which takes keys, blobs, and policies that
 * a shard has not. Whoever asks has to be ready to ask again: a call that fails may have had its effect.
 */
export interface Engines {
  /** @returns what became of each version, in their order */
  replicate(task: ReplicationTask): Promise<readonly Delivery[]>;
  /** Writes the next file of a report, and says where the next one begins. */
  writeInventoryFile(run: InventoryRun, cursor: InventoryCursor): Promise<InventoryStep>;
  /** Makes a report of its files. */
  finishInventory(run: InventoryRun, files: readonly InventoryFile[]): Promise<Delivery>;
  /** Puts an object whole, of at most 32 MiB, the most that a call may bring. */
  write(write: InternalWrite): Promise<Delivery>;
}
