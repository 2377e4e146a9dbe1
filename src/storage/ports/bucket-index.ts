import type { EventListening } from "./event-listening.ts";
import type { EventHold } from "../../protocol/event-hold.ts";
import type { DecidedOnObject, ObjectChanged } from "./decided-on.ts";
import type {
  BlobContent,
  DeleteMarker,
  InlineContent,
  ObjectAttributes,
  ObjectDraft,
  ObjectRecord,
  ObjectSummary,
  ReplicaDraft,
  Retention,
  Segment,
  StoredChecksum,
  StoredObject,
} from "../../protocol/object-record.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import type { ConditionRefusal, WriteConditions } from "../../protocol/write-conditions.ts";
import type { AnnotationIndex, NoVersion } from "./annotation-index.ts";
import type { ShardPart } from "./bucket-directory.ts";
import type { ContentWanted, Wanted } from "./content-index.ts";
import type { LogBatch } from "./log-batch.ts";
import type { ReplicatedChange } from "./replication.ts";
import type { UploadEntry, UploadIndex } from "./upload-index.ts";

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

/** Key or common prefix of an entry of any listing. */
export function entryName(entry: ListEntry | VersionEntry | UploadEntry): string {
  switch (entry.kind) {
    case "object":
      return entry.object.key;
    case "version":
      return entry.version.object.key;
    case "upload":
      return entry.upload.key;
    case "prefix":
  }
  return entry.prefix;
}

/** What became of a conditional effect. */
export type CommitOutcome =
  | {
      readonly ok: true;
      readonly lastModifiedMs: number;
      /** Undefined: the bucket never had versions. */
      readonly versionId: string | undefined;
      /** `x-amz-expiration`; undefined: no rule says that it expires. */
      readonly expiration?: string | undefined;
    }
  | ConditionRefusal
  /** `SourceGone`: nothing refers to the copied content any more; the source is to be read again. */
  | { readonly ok: false; readonly reason: "SourceGone" }
  | { readonly ok: false; readonly reason: "RequestTimeout" }
  | { readonly ok: false; readonly reason: "QuotaExceeded" }
  | ReplicaRefusal;

/**
 * Why a bucket does not take a replica: it has no versions; it has this one already; or what has no version id there is another
 * object.
 */
export interface ReplicaRefusal {
  readonly ok: false;
  readonly reason: "NotVersioned" | "VersionConflict" | "VersionExists";
}

export type RemoveOutcome =
  | {
      readonly ok: true;
      /** Of the version that was removed, or of the marker that was made. */
      readonly versionId: string | undefined;
      /** That version was, or is, a delete marker. */
      readonly isMarker: boolean;
    }
  | ConditionRefusal
  /**
   * `AccessDenied`: the version is locked. `NotOwner`: it is another's. `SlowDown`: the index has no room for a marker. `KeyMoving`: it is
   * on its way to another shard, for longer than anybody waits. `NoSuchVersion`: of an id that Ledge has not given,
   * in a shard that has none of others.
   */
  | {
      readonly ok: false;
      readonly reason:
        | "AccessDenied"
        | "InternalError"
        | "KeyMoving"
        | "NoSuchVersion"
        | "NotOwner"
        | "SlowDown";
    }
  | ReplicaRefusal;

/** The record that a request was resolved with is of a bucket that is gone; its name may be another bucket's by now. */
export class StaleBucketError extends Error {
  override readonly name = "StaleBucketError";
}

/**
 * Port: the objects of one bucket. Every method is one effect and one transaction in each shard that it touches.
 *
 * @throws StaleBucketError when the bucket was deleted meanwhile; S3Error OperationAborted while it is being deleted
 */
export interface BucketIndex extends UploadIndex, AnnotationIndex, EventListening {
  /** Of all shards of the bucket: `<bucket id>/<shard>`. */
  shardNames(): readonly string[];
  /** Of the shard of a key. */
  shardNameOf(key: string): string;
  /** A new blob id in the shard of the key: `<bucket id>/<shard>/<ulid>`. */
  newBlobId(key: string): string;
  /** The shard of the key made this content, so that a copy to this key needs no hold on it. */
  isHome(key: string, contentId: string): boolean;
  /** The shard of `key` has that object of that bucket, too. */
  isNeighbour(key: string, bucketId: string, otherKey: string): boolean;
  /** Undefined: no such key, or no such version of it. */
  read(key: string, wanted: Wanted): Promise<ObjectRecord | DeleteMarker | undefined>;
  /** The same, of its content. */
  readContent(key: string, wanted: ContentWanted): Promise<StoredObject | DeleteMarker | undefined>;
  commit(key: string, draft: ObjectDraft, conditions: WriteConditions): Promise<CommitOutcome>;
  /** Makes an object longer: headers, storage class, tags, and annotations stay. `SourceGone`: it is another one by now. */
  append(key: string, draft: AppendDraft, conditions: WriteConditions): Promise<CommitOutcome>;
  remove(removal: Removal): Promise<RemoveOutcome>;
  /** One outcome per key, in the order given. */
  removeMany(removals: readonly Removal[]): Promise<readonly RemoveOutcome[]>;
  list(query: ListQuery): Promise<ListPage>;
  listVersions(query: ListVersionsQuery): Promise<VersionPage>;
  /**
   * Changes what may change of a version while it exists.
   *
   * @param decidedOn the version as it was when it was decided that the change is let in; undefined: that does not depend on it
   */
  change(
    key: string,
    versionId: string | undefined,
    change: AttributeChange,
    decidedOn?: DecidedOnObject,
  ): Promise<ChangeOutcome>;
  /**
   * Gives the object of `rename.sourceKey` another key, keeping everything else, in one transaction. Undefined: the two
   * keys live in different shards, and nothing was done.
   *
   * @param sizeBytes the object's own: so much more a bucket with versions has afterwards
   */
  rename(rename: Rename, sizeBytes: number): Promise<RenameOutcome | undefined>;

  /**
   * Tells every shard how the bucket is configured, and, when the bucket was made, of itself; done when each knows.
   *
   * @param part what shards decide with, when that has changed
   */
  configure(part?: ShardPart): Promise<void>;
  /** While the bucket grows: what each shard has given away that has keys which move. */
  moves(): Promise<readonly ShardMove[]>;
  /** Records of events that were given up, the newest first; of each shard no more than 100. */
  /** Keeps lines of another bucket's access log, until they are an object in this one. @returns false: too many wait */
  appendLog(batch: LogBatch): Promise<boolean>;
  listDeadLetters(): Promise<readonly DeadLetter[]>;
  /** Has all of them delivered once more. @returns how many there were */
  redrive(): Promise<number>;
  /** What was given up is replicated once more. @returns to how many destinations */
  resync(): Promise<number>;
  /** Shards that are empty refuse everything from now on. False: some shard was not, and the others are to be unsealed. */
  sealIfEmpty(token: string): Promise<boolean>;
  unseal(token: string): Promise<void>;
}

/** What a shard does while its bucket grows. */
export interface ShardMove {
  readonly shard: number;
  readonly isDone: boolean;
  /** Undefined: the shard has not been told yet. */
  readonly movedKeys: number | undefined;
}

/** The record of an event that could not be delivered. */
export interface DeadLetter {
  /** ARN. */
  readonly target: string;
  readonly emittedMs: number;
  readonly reason: string;
  /** JSON, a member of `Records`. */
  readonly record: string;
}

/** What an object will be when bytes are added at its end. */
export interface AppendDraft {
  /** Of the object, as it was read. */
  readonly sequence: number;
  readonly sizeBytes: number;
  /** Of these, what is new. */
  readonly addedBytes: number;
  readonly etag: string;
  readonly checksum: StoredChecksum | undefined;
  /** Undefined unless the content is appended to. */
  readonly partCount: number | undefined;
  /** Its tags do not count: an object keeps its own. */
  readonly attributes: ObjectAttributes;
  /** Inline and blob: all of the object. */
  readonly content: InlineContent | BlobContent | AppendedContent;
}

/** A new blob behind the bytes that the object has already. */
export interface AppendedContent {
  readonly kind: "appended";
  readonly tail: BlobContent;
  /**
   * Where the old bytes are: in a new blob, if they were inline; in segments, if another shard stitched them; otherwise
   * the index knows.
   */
  readonly head: BlobContent | readonly Segment[] | undefined;
}

export interface Removal {
  readonly key: string;
  /** This version for good; undefined: the current one, which leaves a marker in a bucket with versions. */
  readonly versionId: string | undefined;
  readonly conditions: WriteConditions;
  /** GOVERNANCE retention does not count. */
  readonly bypassesGovernance: boolean;
  /** What is there goes only if it is this account's; undefined: whosever it is. */
  readonly onlyIfOwner?: RequiredOwner;
  /** Undefined: a client deletes it. */
  readonly by?: "Rename";
  /** A delete marker is made that is a replica. */
  readonly replica?: ReplicaDraft;
}

export interface RequiredOwner {
  readonly canonicalId: string;
  readonly isBucketOwner: boolean;
}

export interface ListVersionsQuery {
  readonly prefix: string;
  /** Empty: no folding. */
  readonly delimiter: string;
  /** Versions of keys after this one, and of this one those older than `afterVersionId`, unless that is undefined. */
  readonly afterKey: string;
  readonly afterVersionId: string | undefined;
  /** 1…1000. */
  readonly limit: number;
}

/** A version as a listing knows it. */
export interface VersionSummary {
  readonly object: ObjectSummary;
  readonly versionId: string;
  readonly sequence: number;
  readonly isMarker: boolean;
  readonly isLatest: boolean;
}

export type VersionEntry =
  | { readonly kind: "version"; readonly version: VersionSummary }
  | { readonly kind: "prefix"; readonly prefix: string };

/** In order of key, the newest version first. */
export interface VersionPage {
  readonly entries: readonly VersionEntry[];
  readonly isTruncated: boolean;
}

export type AttributeChange =
  | { readonly kind: "tags"; readonly tags: TagSet }
  | { readonly kind: "legal-hold"; readonly hasLegalHold: boolean }
  /** Owner and ACL, as in `ObjectDraft`; the owner stays. */
  | { readonly kind: "acl"; readonly access: string | undefined }
  /** A replica becomes as its source is, which need not be what a client may. */
  | {
      readonly kind: "replica";
      readonly attributes: ObjectAttributes;
      readonly access: string | undefined;
      /** Nothing else of it changes; absent: all may have, of which nothing makes what keeps it end sooner. */
      readonly what?: ReplicatedChange | undefined;
    }
  /** The object's key is wrapped with another. */
  | { readonly kind: "encryption"; readonly encryption: string }
  | {
      readonly kind: "retention";
      /** Undefined takes it away, unless the change is one of the event hold. */
      readonly retention: Retention | undefined;
      /** Undefined: it stays. One that is on and is put off becomes a retention. */
      readonly eventHold?: EventHold;
      readonly bypassesGovernance: boolean;
    };

export type ChangeOutcome =
  | { readonly ok: true; readonly versionId: string | undefined }
  | NoVersion
  | ObjectChanged
  /** The retention may not be changed so. */
  | { readonly ok: false; readonly reason: "AccessDenied" };

export interface Rename {
  readonly sourceKey: string;
  readonly key: string;
  /** The object to be renamed, as it was read: anything else is not renamed. */
  readonly sourceSequence: number;
  /** Of what is at `key`. */
  readonly conditions: WriteConditions;
}

export type RenameOutcome =
  | { readonly ok: true; readonly versionId: string | undefined }
  | ConditionRefusal
  /** `SourceGone`: the source is another object by now. */
  | { readonly ok: false; readonly reason: "QuotaExceeded" | "SourceGone" };
