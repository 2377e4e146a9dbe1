/** Half-open range of bytes. */
export interface BlobRange {
  readonly offset: number;
  readonly length: number;
}

/** A hash that the store itself verifies while it writes, as lower-case hex. */
export type BlobDigest =
  | { readonly algorithm: "sha1"; readonly hex: string }
  | { readonly algorithm: "sha256"; readonly hex: string };

/** Bytes on their way into the store: their number is known, and they can be read once. */
export interface BlobSource {
  readonly sizeBytes: number;
  /** The body of the request itself, when nothing has to look at its bytes: for a store that takes a stream as it is. */
  readonly native: ReadableStream<Uint8Array> | undefined;
  /** A chunk is valid until the next is asked for. What this throws, `write` throws, and nothing is kept. */
  chunks(): AsyncGenerator<Uint8Array, void>;
}

export interface BlobWriteOptions {
  /**
   * The bytes are stored encrypted, with one key or two, of 32 bytes and for no other blob; digests are of the plain bytes
   * all the same. Undefined: as they are.
   */
  readonly keys?: BlobKeys | undefined;
  /** False: nobody asks for the MD5. */
  readonly wantsMd5?: boolean;
}

/** The innermost first. */
export type BlobKeys = readonly [Uint8Array] | readonly [Uint8Array, Uint8Array];

export type BlobWriteResult =
  /** Empty when nobody asked for it. */
  | { readonly ok: true; readonly md5Hex: string }
  /** The bytes did not have the digest; nothing is kept. */
  | { readonly ok: false; readonly reason: "digest" };

/** Port: immutable bytes by id. An id is written once, never overwritten. */
export interface BlobStore {
  write(
    id: string,
    source: BlobSource,
    expected: BlobDigest | undefined,
    options?: BlobWriteOptions,
  ): Promise<BlobWriteResult>;
  /**
   * @param keys those that it was written with; what is read, and how long it is, is the plain bytes then
   * @param range has a byte at least; undefined: the whole blob
   * @throws Error when the blob is missing, or ends before the range: an index row without its bytes is a bug, never a 404;
   *   or when it does not open with these keys. What is found out later breaks the stream off
   */
  read(id: string, range: BlobRange | undefined, keys?: BlobKeys): Promise<OpenBlob>;
  /** How many bytes are stored under the id, encrypted or not; undefined: there is no such blob. */
  storedSizeOf(id: string): Promise<number | undefined>;
  /** Ids that do not exist are no error. At most 1,000. */
  delete(ids: readonly string[]): Promise<void>;
  /** Ids under a prefix, after `after` unless that is empty, in order, at most 1,000 a page. */
  list(prefix: string, after: string): Promise<BlobPage>;
}

export interface OpenBlob {
  /** What there is of the range. */
  readonly body: ReadableStream<Uint8Array>;
  /** Of the whole blob, as the store finds it: whoever knows how long it should be is to compare. */
  readonly sizeBytes: number;
}

export interface BlobPage {
  readonly ids: readonly string[];
  /** What to go on after; undefined on the last page. */
  readonly next: string | undefined;
}
