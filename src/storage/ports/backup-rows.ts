/** Columns of a row as JSON has them: bytes in base64. */
export type BackupColumns = Readonly<Record<string, number | string | null>>;

/** One version, or delete marker, as it leaves a shard. */
export interface BackupVersion {
  /** Of `object`, and so current, or of `version`. */
  readonly table: "object" | "version";
  /** By their names in the table. */
  readonly columns: BackupColumns;
  /** In base64; absent: the bytes are not kept in the index. */
  readonly body?: string;
  readonly isAnnotated?: true;
}

export interface BackupVersionPage {
  readonly versions: readonly BackupVersion[];
  readonly next?: string | undefined;
}

/** A run of bytes of a content that was put together. */
export interface BackupSegment {
  readonly partNumber: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly blobId: string;
  readonly blobOffsetBytes: number;
  readonly blobSizeBytes: number;
  readonly checksum?: string;
  /** In base64. */
  readonly sealedKey?: string;
}

export interface BackupAnnotation {
  readonly name: string;
  readonly modifiedMs: number;
  readonly etag: string;
  readonly checksum?: string;
  /** In base64. */
  readonly payload: string;
}

/** What the bytes of a restored version are: blobs that the store has already, or a content that an earlier version brought. */
export interface RestoredVersion extends BackupVersion {
  /** Of a content that is one blob, or was put together before; absent: inline, or a delete marker. */
  readonly contentId?: string;
  /** Of one that is to be put together. */
  readonly segments?: readonly BackupSegment[];
}

/** A part of an upload under way. */
export interface BackupPart {
  readonly columns: BackupColumns;
  /** It was put together of segments, which the shard has. */
  readonly isStitched?: true;
}

export interface BackupUpload {
  readonly columns: BackupColumns;
  readonly parts: readonly BackupPart[];
}

export interface BackupUploadPage {
  readonly uploads: readonly BackupUpload[];
  readonly next?: string | undefined;
}

export interface RestoredPart extends BackupPart {
  readonly contentId: string;
  readonly segments?: readonly BackupSegment[];
}

export interface RestoredUpload extends BackupUpload {
  readonly parts: readonly RestoredPart[];
}

/** Whether a version is in the shard: its content, if it has one; undefined: it is not there. */
export type FoundVersion = { readonly contentId: string | null } | undefined;

export type ImportOutcome =
  | "imported"
  /** It was there already, as it is, or has been replaced. */
  | "known"
  /** Another version has its number, so that nothing was done. */
  | "conflict"
  /** The sweep may have taken one of its blobs, or its content: they have to be brought anew. */
  | "swept";
