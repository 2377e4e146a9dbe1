import type { BucketRecord } from "../../src/storage/bucket-directory.ts";

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

/** What a client does with S3. Whatever is refused or fails is thrown. */
export interface ObjectStore {
  put(at: Place, body: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Undefined: there is no such object. */
  sizeOf(at: Place): Promise<number | undefined>;
  read(at: Place, range: ByteRange): Promise<Uint8Array>;
  remove(at: Place): Promise<void>;
  copy(from: Place, to: Place): Promise<void>;
  rename(from: Place, key: string): Promise<void>;
  listKeys(bucket: BucketRecord): Promise<string[]>;

  createUpload(at: Place): Promise<string>;
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
  ): Promise<void>;
  /** Undefined: there is no such upload. */
  listParts(at: Place, uploadId: string): Promise<readonly ListedPart[] | undefined>;
  complete(at: Place, uploadId: string, parts: readonly ListedPart[]): Promise<void>;
  abort(at: Place, uploadId: string): Promise<void>;
  listUploads(bucket: BucketRecord): Promise<{ key: string; uploadId: string }[]>;
}
