import type { ChecksumAlgorithm } from "./checksums.ts";

/** Response headers that an object keeps: the system metadata, and `x-amz-meta-*` with lower-case names. */
export type StoredHeaders = Readonly<Record<string, string>>;

export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64, as in `x-amz-checksum-*`. */
  readonly value: string;
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
}

/** Where an object's bytes are: in the index itself, or in one blob of the store. */
export type Content = InlineContent | BlobContent;

export interface InlineContent {
  readonly kind: "inline";
  readonly bytes: Uint8Array;
}

interface BlobContent {
  readonly kind: "blob";
  readonly blobId: string;
}

/** Everything that a write decides about an object; the index adds key, sequence and time. */
export interface ObjectDraft {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly storageClass: string;
  readonly checksum: StoredChecksum | undefined;
  readonly headers: StoredHeaders;
  readonly content: Content;
}

/** One object as a read finds it. `content` is undefined when the caller asked for no body (HEAD). */
export interface ObjectRecord extends ObjectSummary {
  readonly headers: StoredHeaders;
  readonly content: Content | undefined;
}
