import type { EventHold } from "./event-hold.ts";
import type { LockMode } from "./object-lock-configuration.ts";
import type { ChecksumValue } from "./checksums.ts";
import type { Account } from "./owner.ts";
import type { Replication } from "./replication/replication-status.ts";
import type { TagSet } from "./tag-set.ts";

/** Response headers that an object keeps: the system metadata, and `x-amz-meta-*` with lower-case names. */
export type StoredHeaders = Readonly<Record<string, string>>;

export interface StoredChecksum extends ChecksumValue {
  readonly type: "FULL_OBJECT" | "COMPOSITE";
}

/** What a listing knows of an object. */
export interface ObjectSummary {
  readonly key: string;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly storageClass: string;
  readonly checksum: StoredChecksum | undefined;
  /** Absent: the bucket's owner. */
  readonly owner?: Account;
}

/** Where an object's bytes are: in the index itself, in one blob of the store, or in runs of several blobs. */
export type Content = InlineContent | BlobContent | StitchedContent;

export interface InlineContent extends Sealed {
  readonly kind: "inline";
  /** As they are kept: if the object has a key, in frames (`lib/frames.ts`). */
  readonly bytes: Uint8Array;
}

/** What may be encrypted. */
interface Sealed {
  /** The key that the bytes are encrypted with, sealed with the object's key; absent: they are not. */
  readonly sealedKey?: Uint8Array | undefined;
}

export interface BlobContent extends Sealed {
  readonly kind: "blob";
  readonly blobId: string;
  readonly sizeBytes: number;
  /** Of a new one whose key has moved to another shard since it was named: what the shard that made it knows it by. */
  readonly holdToken?: string | undefined;
}

/** Content of a multipart upload. Only the shard that stitched it knows its segments; copies refer to it by id. */
export interface StitchedContent {
  readonly kind: "stitched";
  readonly contentId: string;
  /** As the row says that refers to it: an append may have made it longer since. */
  readonly sizeBytes: number;
  readonly partCount: number;
  /** What the read asked for; undefined when another shard stitched it, which is to be asked then. */
  readonly located: Located | undefined;
}

/** A run of bytes in one blob. Offsets and lengths are those of the plain bytes. */
export interface Segment extends Sealed {
  /** Where it begins in the content. */
  readonly offset: number;
  readonly length: number;
  readonly blobId: string;
  readonly blobOffset: number;
  /** Of the whole blob. */
  readonly blobSizeBytes: number;
  /** What keeps the blob in the shard that answered: the blob itself, or the content that it was copied from. */
  readonly keeperId: string;
}

export interface LocatedPart {
  readonly offset: number;
  readonly length: number;
  readonly checksum: StoredChecksum | undefined;
}

/** Where the wanted bytes of a stitched content are. */
export interface Located {
  /** In order, from the first that holds a wanted byte; ends early when there are many. */
  readonly segments: readonly Segment[];
  /** The part that was asked for; undefined when none was, or there is none of that number. */
  readonly part: LocatedPart | undefined;
}

/** Content that the index has already: a copy refers to it instead of moving bytes. */
export interface ReferencedContent extends Sealed {
  readonly kind: "reference";
  /** A blob or a stitched content. */
  readonly contentId: string;
  /** What its home shard knows this reference by; undefined when the copy is in the home shard itself. */
  readonly holdToken: string | undefined;
}

export interface Retention {
  readonly mode: LockMode;
  readonly retainUntilMs: number;
}

/** What is kept of a version beside its bytes and headers, and may change while it exists. */
export interface ObjectAttributes {
  readonly tags: TagSet;
  readonly retention: Retention | undefined;
  /** Undefined: nobody has ever said. */
  readonly hasLegalHold: boolean | undefined;
  /** The same. */
  readonly eventHold?: EventHold | undefined;
  /** Its ETag, which was imported, looks like the MD5 of its bytes, and is not. */
  readonly hasOpaqueEtag?: true;
  /** Absent: no rule was about it. */
  readonly replication?: Replication | undefined;
}

export const NO_ATTRIBUTES: ObjectAttributes = {
  tags: [],
  retention: undefined,
  hasLegalHold: undefined,
};

/** Everything that a write decides about an object; the index adds key, sequence and time. */
export interface ObjectDraft {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly storageClass: string;
  readonly checksum: StoredChecksum | undefined;
  readonly headers: StoredHeaders;
  /** Of a stitched content; undefined for any other. */
  readonly partCount: number | undefined;
  readonly attributes: ObjectAttributes;
  /** Owner and ACL, as `protocol/acl/stored-acl.ts` has them; absent: the bucket's owner, and nobody else. */
  readonly access?: string | undefined;
  /** As `protocol/encryption/stored-encryption.ts` has it; absent: nothing is said of it. */
  readonly encryption?: string | undefined;
  /** Undefined: an upload put it. */
  readonly by?: "Copy" | "Rename";
  /** Absent: it is not one. */
  readonly replica?: ReplicaDraft | undefined;
  /** The number of the write in the same shard that made the version whose annotations it gets as well. */
  readonly annotatedAs?: number | undefined;
  /** Which version that is. */
  readonly annotatedFrom?: { readonly key: string; readonly versionId: string | undefined };
  readonly content: InlineContent | BlobContent | ReferencedContent;
}

/** Which version a replica is of. */
export interface ReplicaDraft {
  /** It has the same. */
  readonly versionId: string;
  /** Versions of the key that are newer where it comes from, the newest last: they stay newer. Absent: none is here. */
  readonly newer?: readonly string[];
  /** It is no replica, but imported: what it was where it comes from. */
  readonly imported?: ImportedVersion;
}

/** What is kept of a version that was another server's. */
export interface ImportedVersion {
  readonly lastModifiedMs: number;
  /** Without quotes; absent: that of its bytes, or it is a delete marker. */
  readonly etag?: string;
  /** Those of its parts, in their order; absent: it has none. */
  readonly partSizes?: readonly number[];
}

/** One object as a read finds it. */
export interface ObjectRecord extends ObjectSummary {
  readonly kind: "object";
  /** Undefined: its bucket never had versions. */
  readonly versionId: string | undefined;
  readonly headers: StoredHeaders;
  /** Number of the write that made it: no two writes in a shard have the same. */
  readonly sequence: number;
  readonly attributes: ObjectAttributes;
  /** As in {@link ObjectDraft}. */
  readonly access?: string | undefined;
  readonly encryption?: string | undefined;
  /** Undefined when the read asked for no content, unless it asked for a part, and the object has parts. */
  readonly content: Content | undefined;
  /** Counted when asked for. */
  readonly annotationCount?: number;
  /** `x-amz-expiration`; absent: no rule says that it expires, or it was asked for by its version. */
  readonly expiration?: string;
}

/** One object as a read of its content finds it. */
export interface StoredObject extends ObjectRecord {
  readonly content: Content;
}

/** What says that an object was deleted, as the current version or as one of the older. */
export interface DeleteMarker {
  readonly kind: "marker";
  readonly key: string;
  readonly versionId: string;
  readonly lastModifiedMs: number;
}
