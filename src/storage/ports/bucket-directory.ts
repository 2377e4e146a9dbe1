import type { Part, ShardFlags } from "../../protocol/bucket-configuration.ts";
import type { Account } from "../../protocol/owner.ts";
import type { AuditEntry } from "./audit-log.ts";

/** One bucket as the Directory knows it. A name that is made, deleted and made again gets a new `id`. */
export interface BucketRecord {
  readonly id: string;
  readonly name: string;
  /** The LocationConstraint as given, or the configured region; `regionOf` says which region a constraint means. */
  readonly region: string;
  /** Canonical ID of the owning account. */
  readonly ownerId: string;
  /** The rest of that account, when the bucket was made; undefined: it is the deployment's own. */
  readonly owner?: Pick<Account, "displayName" | "id">;
  /** Which have all keys, unless the bucket grows. */
  readonly shardCount: number;
  /** Absent: the bucket has had these shards from the beginning. */
  readonly growth?: {
    /** How often it has begun to grow. */
    readonly epoch: number;
    /** How many shards it is to have; absent: it has them. */
    readonly to?: number;
  };
  readonly createdMs: number;
  /** What gateways decide with. */
  readonly gateway: {
    /** Rises with every change of such a document, and of the flags. */
    readonly revision: number;
    /** By kind, or `kind/id`, each as the text that is stored. */
    readonly documents: Readonly<Record<string, string>>;
  };
  /** What shards decide with. */
  readonly shard: {
    /** Rises with every change of such a document. */
    readonly revision: number;
    /** What gateways decide with of those. */
    readonly flags: ShardFlags;
  };
}

/** What ListBuckets tells. */
export type BucketSummary = Pick<BucketRecord, "name" | "region" | "createdMs">;

export interface ListBucketsQuery {
  readonly ownerId: string;
  readonly prefix: string;
  readonly region: string | undefined;
  /** Names after this one. */
  readonly after: string;
  readonly limit: number;
}

export interface BucketPage {
  readonly buckets: readonly BucketSummary[];
  readonly isTruncated: boolean;
}

/** A document of a bucket's configuration. */
export interface StoredDocument {
  /** Never changes: stored data name it. */
  readonly kind: string;
  /** Tells those of a kind apart; empty for a kind of which a bucket has one. */
  readonly id: string;
  readonly part: Part;
  /** JSON of the document as it was read. */
  readonly body: string;
}

export interface DocumentPage {
  readonly documents: readonly Pick<StoredDocument, "id" | "body">[];
  readonly isTruncated: boolean;
}

/** A document to be put or, without a body, deleted. */
export interface DocumentChange extends Omit<StoredDocument, "body"> {
  readonly body: string | undefined;
  /** What gateways know of the shard part from then on; undefined: as before. */
  readonly flags: ShardFlags | undefined;
  /** Goes into the audit log when it is done. */
  readonly audit?: AuditEntry;
}

/** Which state of a bucket a change of its configuration was decided on. */
export interface DecidedOn {
  readonly id: string;
  readonly name: string;
  readonly gatewayRevision: number;
  readonly shardRevision: number;
}

/** All documents of the shard part, as shards are told them. */
export interface ShardPart {
  readonly revision: number;
  /** JSON of `ShardDocuments`: by kind, or `kind/id`. */
  readonly documents: string;
}

export interface CreateOutcome {
  /** What has the name now. */
  readonly bucket: BucketRecord;
  readonly isNew: boolean;
  /** When it was made with any. */
  readonly shardPart?: ShardPart;
}

export interface ConfigureOutcome {
  /** False: the bucket is not any more as the change was decided on, and nothing was done. */
  readonly isDone: boolean;
  /** As it is now. */
  readonly bucket: BucketRecord;
  /** When it was changed. */
  readonly shardPart?: ShardPart;
}

/** What became of a wish for more shards. */
export type GrowthOutcome =
  /** The bucket grows, or has as many already. */
  | { readonly ok: true; readonly bucket: BucketRecord; readonly shardPart: ShardPart }
  /** `Deleting`: its delete is under way. `Growing`: to another number. `Fewer`: it has more. `Restoring`: from a backup. */
  | { readonly ok: false; readonly reason: "Deleting" | "Fewer" | "Growing" | "Restoring" };

/**
 * Port: which buckets exist, and how they are configured. Authoritative, strongly consistent, rarely written.
 *
 * A bucket is deleted in three steps, since its emptiness is known to its shards only: `beginDelete` hands out a token,
 * each shard is sealed with it, `finishDelete` removes the name if the token still stands. `settleDelete` ends a
 * delete whose gateway died: it takes the token away, so that a late `finishDelete` finds nothing to do.
 */
export interface BucketDirectory {
  /**
   * @param documents those that the bucket is made with
   * @param audit goes into the audit log when it is made
   * @returns the record that holds the name now, and whether this call made it; undefined: its owner's account is gone
   */
  create(
    record: BucketRecord,
    documents: readonly StoredDocument[],
    audit?: AuditEntry,
  ): Promise<CreateOutcome | undefined>;
  /**
   * Puts or deletes one document. Of two changes of the same document the later wins whole; a change that was decided on
   * an older record is not done, whichever document made that one older.
   *
   * @returns undefined: the bucket is gone
   */
  configure(known: DecidedOn, change: DocumentChange): Promise<ConfigureOutcome | undefined>;
  /** @returns undefined: the bucket is gone */
  readDocument(
    bucketId: string,
    kind: string,
    id: string,
  ): Promise<{ readonly body: string | undefined } | undefined>;
  /**
   * Documents of a kind of which a bucket may have several, by id, after that id.
   *
   * @returns undefined: the bucket is gone
   */
  listDocuments(
    bucketId: string,
    kind: string,
    after: string,
    limit: number,
  ): Promise<DocumentPage | undefined>;
  /** @returns undefined: the bucket is gone */
  countDocuments(bucketId: string, kind: string): Promise<number | undefined>;
  /** @returns undefined: the bucket is gone */
  readShardPart(bucketId: string): Promise<ShardPart | undefined>;
  find(name: string): Promise<BucketRecord | undefined>;
  list(query: ListBucketsQuery): Promise<BucketPage>;
  /** All buckets, whoever owns them, by name, after that one. */
  listAll(after: string, limit: number): Promise<readonly BucketRecord[]>;
  /** @param to how many shards the bucket is to have @returns undefined: the bucket is gone */
  beginGrowth(bucketId: string, to: number, audit?: AuditEntry): Promise<GrowthOutcome | undefined>;
  /**
   * A shard has given away all keys that this growth moves. The last one ends it.
   *
   * @returns the revision of what gateways decide with; undefined: the bucket is gone
   */
  finishMove(bucketId: string, epoch: number, shard: number): Promise<number | undefined>;
  /**
   * @param shardCount how many shards the bucket has, as far as the caller knows
   * @returns undefined while another delete of the same bucket is under way, or while it grows, or when it has other shards
   */
  beginDelete(bucketId: string, shardCount?: number): Promise<string | undefined>;
  /** @returns false when the token no longer stands: the bucket exists on */
  finishDelete(bucketId: string, token: string): Promise<boolean>;
  cancelDelete(bucketId: string, token: string): Promise<void>;
  /** What to think of a sealed shard: the bucket is gone, is being deleted right now, or is to be unsealed. */
  settleDelete(bucketId: string): Promise<"deleted" | "deleting" | "active">;
}
