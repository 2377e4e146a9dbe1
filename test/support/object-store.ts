import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";

export interface Place {
  readonly bucket: BucketRecord;
  readonly key: string;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface ListedPart {
  readonly partNumber: number;
  readonly etag: string;
  readonly sizeBytes: number;
}

/** One version of an object, as ListObjectVersions has it. */
export interface ListedVersion {
  readonly key: string;
  readonly id: string;
  /** Undefined: a delete marker. */
  readonly sizeBytes: number | undefined;
  readonly isLatest: boolean;
  readonly modifiedMs: number;
}

export interface ListedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiatedMs: number;
}

/** What forbids that a version goes. An event hold first: when it is released, a retention begins. */
export const LOCKS = ["event", "retention", "hold"] as const;
export type Lock = (typeof LOCKS)[number];

/** What HEAD tells. */
export interface Found {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly locks: readonly Lock[];
}

/** `If-Match` and such, and `x-amz-acl`. */
export type Conditions = Readonly<Record<string, string>>;

/** The id of the version that a write made; undefined where the answer tells none. */
export type Told = string | undefined;

/** What a client does with S3. Whatever is refused or fails is thrown. */
export interface ObjectStore {
  put(at: Place, body: Uint8Array<ArrayBuffer>, conditions?: Conditions): Promise<Told>;
  append(at: Place, offset: number, body: Uint8Array<ArrayBuffer>): Promise<Told>;
  /** Undefined: there is no such object. */
  find(at: Place, versionId?: string): Promise<Found | undefined>;
  read(at: Place, range: ByteRange, versionId?: string): Promise<Uint8Array>;
  remove(at: Place): Promise<Told>;
  /** @param isBatch asks DeleteObjects for it */
  removeVersion(at: Place, versionId: string, isBatch: boolean): Promise<void>;
  copy(from: Place, to: Place, versionId?: string): Promise<Told>;
  rename(from: Place, key: string): Promise<void>;
  annotate(at: Place, payload: string): Promise<void>;
  /** The newest of a key first. */
  listVersions(bucket: BucketRecord, prefix?: string): Promise<ListedVersion[]>;
  /** Lets everybody read a version, or nobody but the owner. */
  setPublic(at: Place, versionId: string, isPublic: boolean): Promise<void>;
  isPublic(at: Place, versionId: string): Promise<boolean>;
  /** Locks a version, or takes the lock away, past GOVERNANCE. */
  setLock(at: Place, versionId: string, lock: Lock, isLocked: boolean): Promise<void>;

  createUpload(at: Place, headers: Conditions): Promise<string>;
  putPart(
    at: Place,
    uploadId: string,
    partNumber: number,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<void>;
  copyPart(
    at: Place,
    uploadId: string,
    partNumber: number,
    from: Place,
    range: ByteRange,
    versionId?: string,
  ): Promise<void>;
  /** Undefined: there is no such upload. */
  listParts(at: Place, uploadId: string): Promise<readonly ListedPart[] | undefined>;
  complete(at: Place, uploadId: string, parts: readonly ListedPart[]): Promise<Told>;
  abort(at: Place, uploadId: string): Promise<void>;
  listUploads(bucket: BucketRecord): Promise<ListedUpload[]>;
}
