import type {
  Completion,
  CompletionRefusal,
  JoinedParts,
  PartRecord,
  UploadChecksum,
} from "../../protocol/multipart-completion.ts";
import type { UploadAbort } from "../../protocol/lifecycle/lifecycle-headers.ts";
import type { Account } from "../../protocol/owner.ts";
import type {
  BlobContent,
  ObjectAttributes,
  ReferencedContent,
  Segment,
  StoredChecksum,
  StoredHeaders,
} from "../../protocol/object-record.ts";

/** What CreateMultipartUpload says of the object to be. */
export interface UploadDraft {
  readonly storageClass: string;
  readonly headers: StoredHeaders;
  /** Undefined: the object will have no checksum. */
  readonly checksum: UploadChecksum | undefined;
  readonly attributes: ObjectAttributes;
  /** Owner and ACL of the object to be, as in `ObjectDraft`. */
  readonly access?: string | undefined;
  /** Of the object to be, as in `ObjectDraft`; each part is encrypted with a key that is sealed with the one in it. */
  readonly encryption?: string | undefined;
  /** The account that begins it; absent: the bucket's owner. */
  readonly initiator?: Account | undefined;
  /** Reserved for the version to be; not kept where versions have no ids of their own. */
  readonly versionId?: string | undefined;
  /** The gateway takes `CreatedUpload.abort`. */
  readonly wantsAbort?: boolean;
}

export interface CreatedUpload {
  readonly uploadId: string;
  /** The one that was reserved, if it is kept. */
  readonly versionId?: string | undefined;
  /** Undefined: no rule aborts it. */
  readonly abort?: UploadAbort | undefined;
}

/** What a listing knows of an upload. */
export interface UploadSummary {
  readonly key: string;
  readonly uploadId: string;
  readonly initiatedMs: number;
  readonly storageClass: string;
  readonly checksum: UploadChecksum | undefined;
  /** Of the object to be; undefined: the bucket's owner. */
  readonly owner?: Account | undefined;
  /** Undefined: the bucket's owner. */
  readonly initiator?: Account | undefined;
  /** The completed object's, where versions have ids of their own then; undefined: none is reserved. */
  readonly versionId?: string | undefined;
}

export interface UploadRecord extends UploadSummary {
  readonly headers: StoredHeaders;
  readonly attributes: ObjectAttributes;
  readonly access?: string | undefined;
  readonly encryption?: string | undefined;
  /** Of the object that had the key when the upload began; undefined: there was none. */
  readonly objectSequence: number | undefined;
}

export interface PartDraft {
  readonly sizeBytes: number;
  /** MD5 as hex, without quotes. */
  readonly etag: string;
  /** In the upload's algorithm; undefined when it has none. */
  readonly checksum: StoredChecksum | undefined;
  readonly content: BlobContent | PartCopy;
}

/** A range of another object's content. */
export interface PartCopy {
  readonly kind: "copy";
  readonly source: ReferencedContent;
  /** The range, without gaps, from its first byte to its last; empty for an empty part. */
  readonly segments: readonly Segment[];
}

export interface PartPage {
  readonly upload: UploadRecord;
  readonly parts: readonly PartRecord[];
  readonly isTruncated: boolean;
  /** As in `CreatedUpload`. */
  readonly abort?: UploadAbort | undefined;
}

export interface ListUploadsQuery {
  readonly prefix: string;
  /** Empty: no folding. */
  readonly delimiter: string;
  /** Uploads of keys after this one, and of this one those after `afterUploadId`, unless that is empty. */
  readonly afterKey: string;
  readonly afterUploadId: string;
  /** 1…1000. */
  readonly limit: number;
}

export type UploadEntry =
  | { readonly kind: "upload"; readonly upload: UploadSummary }
  | { readonly kind: "prefix"; readonly prefix: string };

/** In order of key, then of their beginning. */
export interface UploadPage {
  readonly entries: readonly UploadEntry[];
  readonly isTruncated: boolean;
}

export interface CompletedUpload extends JoinedParts {
  /** Of the object. */
  readonly encryption?: string | undefined;
  /** `x-amz-expiration`; not told again either. */
  readonly expiration?: string | undefined;
  /** Undefined: the null version. */
  readonly versionId: string | undefined;
}

export type PutPartOutcome =
  | { readonly ok: true; readonly lastModifiedMs: number }
  /** `SourceGone`: nothing refers to the copied content any more; the source is to be read again. */
  | { readonly ok: false; readonly reason: "SourceGone" }
  | { readonly ok: false; readonly reason: "NoSuchUpload" | "QuotaExceeded" | "RequestTimeout" };

/** `versionId`: it was aborted, and this id had been reserved for it. */
export type AbortOutcome =
  | "aborted"
  | "NoSuchUpload"
  | "PreconditionFailed"
  | { readonly versionId: string };

/** The multipart uploads of one bucket; a part of the port `BucketIndex`. */
export interface UploadIndex {
  createUpload(key: string, draft: UploadDraft): Promise<CreatedUpload>;
  findUpload(key: string, uploadId: string): Promise<UploadRecord | undefined>;
  /** Replaces a part of the same number. */
  putPart(
    key: string,
    uploadId: string,
    partNumber: number,
    draft: PartDraft,
  ): Promise<PutPartOutcome>;
  /** @param after part numbers after this one; @returns undefined when there is no such upload */
  listParts(
    key: string,
    uploadId: string,
    after: number,
    limit: number,
  ): Promise<PartPage | undefined>;
  listUploads(query: ListUploadsQuery): Promise<UploadPage>;
  /** The same completion once more answers the same, for a day. */
  completeUpload(
    key: string,
    uploadId: string,
    completion: Completion,
  ): Promise<CompletedUpload | CompletionRefusal>;
  /**
   * @param initiatedMs unless undefined, the upload's beginning must be in the same second
   */
  abortUpload(
    key: string,
    uploadId: string,
    initiatedMs: number | undefined,
  ): Promise<AbortOutcome>;
}
