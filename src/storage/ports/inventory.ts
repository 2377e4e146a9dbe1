import type { InventoryDocument } from "../../protocol/inventory/inventory-configuration.ts";
import type { InventoryEntry } from "../../protocol/inventory/inventory-fields.ts";
import type { Delivery } from "./engines.ts";

export interface InventoryPage {
  readonly entries: readonly InventoryEntry[];
  readonly next?: string | undefined;
}

/** How far a report has come: in which shard, and behind which row; empty: at its beginning. */
export interface InventoryCursor {
  readonly shard: number;
  readonly after: string;
}

/** A report that is being made. */
export interface InventoryRun {
  readonly bucketId: string;
  /** As it was when the report was begun. */
  readonly document: InventoryDocument;
  readonly startedMs: number;
}

/** A file of a report's data, as the manifest tells it. */
export interface InventoryFile {
  readonly key: string;
  readonly size: number;
  readonly MD5checksum: string;
}

export type InventoryStep =
  | {
      readonly kind: "done";
      /** Absent: there were no rows. */
      readonly file?: InventoryFile;
      /** Absent: that was all. */
      readonly next?: InventoryCursor;
    }
  | Exclude<Delivery, { readonly kind: "done" }>;
