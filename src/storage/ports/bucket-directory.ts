import type { BucketConfiguration } from "../../protocol/bucket-configuration.ts";

/** One bucket as the Directory knows it. A name that is made, deleted and made again gets a new `id`. */
export interface BucketRecord {
  readonly id: string;
  readonly name: string;
  /** The LocationConstraint as given, or the configured region; `regionOf` says which region a constraint means. */
  readonly region: string;
  /** Canonical ID of the owning account. */
  readonly ownerId: string;
  readonly shardCount: number;
  readonly createdMs: number;
  /** Rises with every change of the configuration. */
  readonly revision: number;
  readonly configuration: BucketConfiguration;
}

export interface ListBucketsQuery {
  readonly ownerId: string;
  readonly prefix: string;
  readonly region: string | undefined;
  /** Names after this one. */
  readonly after: string;
  readonly limit: number;
}

export interface BucketPage {
  readonly buckets: readonly BucketRecord[];
  readonly isTruncated: boolean;
}

/**
 * Port: which buckets exist. Authoritative, strongly consistent, rarely written.
 *
 * A bucket is deleted in three steps, since its emptiness is known to its shards only: `beginDelete` hands out a token,
 * each shard is sealed with it, `finishDelete` removes the name if the token still stands. `settleDelete` ends a
 * delete whose gateway died: it takes the token away, so that a late `finishDelete` finds nothing to do.
 */
export interface BucketDirectory {
  /** @returns the record that holds the name now, and whether this call made it */
  create(record: BucketRecord): Promise<{ bucket: BucketRecord; isNew: boolean }>;
  /** @returns the record with the next revision; undefined when the bucket is not at `revision` any more, or is gone */
  configure(
    bucketId: string,
    revision: number,
    configuration: BucketConfiguration,
  ): Promise<BucketRecord | undefined>;
  find(name: string): Promise<BucketRecord | undefined>;
  list(query: ListBucketsQuery): Promise<BucketPage>;
  /** @returns undefined while another delete of the same bucket is under way */
  beginDelete(bucketId: string): Promise<string | undefined>;
  /** @returns false when the token no longer stands: the bucket exists on */
  finishDelete(bucketId: string, token: string): Promise<boolean>;
  cancelDelete(bucketId: string, token: string): Promise<void>;
  /** What to think of a sealed shard: the bucket is gone, is being deleted right now, or is to be unsealed. */
  settleDelete(bucketId: string): Promise<"deleted" | "deleting" | "active">;
}
