import type { WriteConditions } from "../protocol/conditions.ts";
import type { ObjectDraft, ObjectRecord, ObjectSummary } from "../protocol/object-record.ts";

export interface ListQuery {
  readonly prefix: string;
  /** Empty: no folding. */
  readonly delimiter: string;
  /** Keys and common prefixes after this one; empty: from the start. */
  readonly after: string;
  /** 1…1000. */
  readonly limit: number;
}

/** Contents and common prefixes in one order, that of their UTF-8 bytes. */
export interface ListPage {
  readonly entries: readonly ListEntry[];
  readonly isTruncated: boolean;
}

export type ListEntry =
  | { readonly kind: "object"; readonly object: ObjectSummary }
  | { readonly kind: "prefix"; readonly prefix: string };

/** What became of a conditional effect. */
export type CommitOutcome =
  | { readonly ok: true; readonly lastModifiedMs: number }
  | { readonly ok: false; readonly reason: "PreconditionFailed" | "NoSuchKey" | "RequestTimeout" };

export type RemoveOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "PreconditionFailed" | "NoSuchKey" | "InternalError" };

/**
 * Port: the objects of one bucket. Every method is one effect and one transaction in each shard that it touches.
 *
 * @throws StaleBucketError when the bucket was deleted meanwhile; S3Error OperationAborted while it is being deleted
 */
export interface BucketIndex {
  /** A new blob id in the shard of the key: `<bucket id>/<shard>/<ulid>`. */
  newBlobId(key: string): string;
  read(key: string, part: "headers" | "headers and content"): Promise<ObjectRecord | undefined>;
  commit(key: string, draft: ObjectDraft, conditions: WriteConditions): Promise<CommitOutcome>;
  remove(key: string, conditions: WriteConditions): Promise<RemoveOutcome>;
  /** One outcome per key, in the order given. */
  removeMany(removals: readonly Removal[]): Promise<readonly RemoveOutcome[]>;
  list(query: ListQuery): Promise<ListPage>;

  /** Once, when the bucket was made. */
  open(): Promise<void>;
  /** Shards that are empty refuse everything from now on. False: some shard was not, and the others are to be unsealed. */
  sealIfEmpty(token: string): Promise<boolean>;
  unseal(token: string): Promise<void>;
}

export interface Removal {
  readonly key: string;
  readonly conditions: WriteConditions;
}
