import type {
  BackupAnnotation,
  BackupSegment,
  BackupUploadPage,
  BackupVersionPage,
  FoundVersion,
  ImportOutcome,
  RestoredUpload,
  RestoredVersion,
} from "./backup-rows.ts";

import type { InventoryPage } from "./inventory.ts";

/** Something that is not as it should be. */
export interface Finding {
  /** What it is about, in words that the check's repair understands. */
  readonly subject: string;
  /** What is wrong with it, for people. */
  readonly detail: string;
}

export interface FindingPage {
  readonly findings: readonly Finding[];
  /** What to go on after; absent on the last page. */
  readonly next?: string | undefined;
}

/** What a check is, for whoever reads its findings. */
export interface CheckDescription {
  readonly name: string;
  /** What a finding of it means. */
  readonly means: string;
  /** What its repair does; absent: nothing can be done by itself. */
  readonly repair?: string;
}

/** How a shard stands to the Directory. */
export interface ShardFacts {
  /** False: nobody has ever told it that it is a shard. */
  readonly isConfigured: boolean;
  readonly seal: string | undefined;
  readonly gatewayRevision: number;
  readonly shardRevision: number;
  /** JSON of the documents that it decides with; undefined: none was told. */
  readonly documents: string | undefined;
  /** The search for orphans has passed what is before this id, and does not come back. */
  readonly sweepCursor: string;
}

/** A blob that a row reads from. */
export interface ReferredBlob {
  readonly blobId: string;
  /** Of the plain bytes. */
  readonly sizeBytes: number;
  readonly isSealed: boolean;
  /** Of whom, for people. */
  readonly by: string;
}

export interface ReferredBlobPage {
  readonly blobs: readonly ReferredBlob[];
  readonly next?: string | undefined;
}

/** A content of another shard, and what that shard knows the reference by. */
export interface Hold {
  readonly token: string;
  readonly contentId: string;
}

export interface HoldPage {
  readonly holds: readonly Hold[];
  readonly next?: string | undefined;
}

/** An object that has bytes, to be read. */
export interface VersionName {
  readonly key: string;
  readonly versionId: string;
}

export interface VersionNamePage {
  readonly versions: readonly VersionName[];
  readonly next?: string | undefined;
}

/**
 * What may be asked of a shard for its own sake, by the name of the call. None changes anything, and each sees one moment of
 * the shard. `after` is empty, or what the page before says.
 */
export interface ShardInspectionCalls {
  facts(): ShardFacts;
  /** @returns undefined: the shard's code does not know the check */
  find(check: string, after: string): FindingPage | undefined;
  referredBlobs(after: string): ReferredBlobPage;
  /** Of these blobs, those that the index does not know, neither as content nor as garbage, and that no row refers to. */
  orphans(blobIds: readonly string[]): readonly string[];
  /** Confirmed holds of other shards here. */
  confirmedHolds(after: string): HoldPage;
  /** Contents of other shards that are referred to here. */
  heldContents(after: string): HoldPage;
  /** Of these tokens, those that this shard has a hold for. */
  presentHolds(tokens: readonly string[]): readonly string[];
  /** Of these tokens, those that this shard refers to something by, or is about to give back. */
  knownHolds(tokens: readonly string[]): readonly string[];
  versions(after: string): VersionNamePage;
  /** Rows for a report of the bucket's inventory. */
  inventory(after: string, prefix: string, isOfCurrent: boolean): InventoryPage;
  exportVersions(after: string): BackupVersionPage;
  /** Of a content that this shard put together, from that byte on: at most 10,000. */
  exportSegments(contentId: string, fromBytes: number): readonly BackupSegment[];
  /** Of the version of this number, after that name: at most 4. */
  exportAnnotations(sequence: number, after: string): readonly BackupAnnotation[];
  /** Uploads under way, with their parts. */
  exportUploads(after: string): BackupUploadPage;
  /** Of these uploads, the numbers of the parts that there are; undefined: there is no such upload. */
  lookForParts(
    names: readonly (readonly [key: string, uploadId: string])[],
  ): readonly (readonly number[] | undefined)[];
  lookForVersions(
    names: readonly (readonly [key: string, sequence: number])[],
  ): readonly FoundVersion[];
}

/** What changes a shard for its own sake, by the name of the call; each is one transaction. */
export interface ShardRepairCalls {
  /** Each is looked at once more. @returns those that are repaired */
  repair(check: string, subjects: readonly string[]): readonly string[];
  /** Lets the shard ask once more whether these holds are anybody's. @returns those that it has */
  doubtHolds(tokens: readonly string[]): readonly string[];
  /** @returns of each upload, what became of its parts */
  importUploads(uploads: readonly RestoredUpload[]): readonly (readonly ImportOutcome[])[];
  importVersions(versions: readonly RestoredVersion[]): readonly ImportOutcome[];
  /** @returns false when there is no such version */
  importAnnotations(
    key: string,
    sequence: number,
    annotations: readonly BackupAnnotation[],
  ): boolean;
  /** Lets new versions be numbered behind this one. */
  skipSequences(sequence: number): void;
}

/** Port: the insides of shards, for whoever checks or mends them. A sealed shard answers as well. */
export interface ShardInspection {
  inspect<Name extends keyof ShardInspectionCalls>(
    shardName: string,
    name: Name,
    ...args: Parameters<ShardInspectionCalls[Name]>
  ): Promise<ReturnType<ShardInspectionCalls[Name]>>;
  repair<Name extends keyof ShardRepairCalls>(
    shardName: string,
    name: Name,
    ...args: Parameters<ShardRepairCalls[Name]>
  ): Promise<ReturnType<ShardRepairCalls[Name]>>;
}
