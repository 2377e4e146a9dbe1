import type { AttributeChange } from "../ports/bucket-index.ts";
import type { ObjectRow, VersionRow } from "./rows/object-row.ts";
import { noteEvent } from "./outbox/note-event.ts";
import { putIntoOutbox } from "./outbox/outbox.ts";
import type { Transaction } from "./transaction.ts";

export type CreatedBy = "Put" | "Copy" | "CompleteMultipartUpload" | "Append" | "Rename";

export type RemovedBy = "Delete" | "Lifecycle" | "Rename";

/** What happened to one version, and by which operation; `row` is what the index has of it, or had. */
export type ObjectEvent =
  | { readonly kind: "created"; readonly by: CreatedBy; readonly row: ObjectRow }
  /** A version is gone for good; it may have been a delete marker. */
  | { readonly kind: "removed"; readonly by: RemovedBy; readonly row: ObjectRow | VersionRow }
  /** A delete marker was made. */
  | {
      readonly kind: "marked";
      readonly by: RemovedBy;
      readonly row: Pick<ObjectRow, "key" | "sequence" | "version_id">;
    }
  | {
      readonly kind: "changed";
      readonly what: Exclude<AttributeChange["kind"], "replica"> | "annotation" | "storage-class";
      readonly row: ObjectRow;
    };

/** Told in the transaction of the effect: what it writes is written with it, or not at all. */
type EventListener = (transaction: Transaction, event: ObjectEvent) => void;

export const eventListeners = new Set<EventListener>([putIntoOutbox, noteEvent]);
