/*
 * What travels between `ledge/r2` in another Worker and `BucketService`, as RPC and JSON carry it alike. Members are added, and
 * never change: the two are deployed apart.
 */

export interface WireHttpMetadata {
  contentType?: string;
  contentLanguage?: string;
  contentDisposition?: string;
  contentEncoding?: string;
  cacheControl?: string;
  /** In milliseconds since 1970. */
  cacheExpiryMs?: number;
}

/** By R2's names, in hexadecimal. */
export type WireChecksums = Partial<
  Record<"md5" | "sha1" | "sha256" | "sha384" | "sha512", string>
>;

export interface WireRange {
  readonly offset: number;
  readonly length: number;
}

/** An `R2Object`, as far as it is data. */
export interface WireObject {
  readonly key: string;
  readonly version: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: WireChecksums;
  readonly uploadedMs: number;
  readonly httpMetadata: WireHttpMetadata;
  readonly customMetadata: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly ssecKeyMd5?: string | undefined;
  readonly range?: WireRange | undefined;
}

/** An `R2Conditional`, or the headers that say the same. ETags are without quotes; `*` is any. */
export interface WireConditions {
  readonly etagMatches?: readonly string[] | undefined;
  readonly etagDoesNotMatch?: readonly string[] | undefined;
  readonly uploadedBeforeMs?: number | undefined;
  readonly uploadedAfterMs?: number | undefined;
  /** Times count in whole seconds. */
  readonly inSeconds?: boolean | undefined;
}

export interface WireGetOptions {
  readonly onlyIf?: WireConditions | undefined;
  /** As a `Range` header has it. */
  readonly range?: string | undefined;
  /** In hexadecimal, of 32 bytes. */
  readonly ssecKey?: string | undefined;
}

export interface WireUploadOptions {
  readonly httpMetadata?: WireHttpMetadata | undefined;
  readonly customMetadata?: Readonly<Record<string, string>> | undefined;
  readonly storageClass?: string | undefined;
  readonly ssecKey?: string | undefined;
}

export interface WirePutOptions extends WireUploadOptions {
  readonly onlyIf?: WireConditions | undefined;
  readonly checksums?: WireChecksums | undefined;
}

export interface WireListOptions {
  readonly limit?: number | undefined;
  readonly prefix?: string | undefined;
  readonly cursor?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly startAfter?: string | undefined;
  /** With their metadata. */
  readonly hasMetadata?: boolean | undefined;
}

export interface WirePage {
  readonly objects: readonly WireObject[];
  readonly delimitedPrefixes: readonly string[];
  /** Undefined: it is the last. */
  readonly cursor?: string | undefined;
}

/** Undefined body: the conditions were not met. */
export interface WireFound {
  readonly object: WireObject;
  readonly body?: ReadableStream | undefined;
}

/** What a request with a body is, in the header {@link UPLOAD_HEADER}. */
export type WireUpload =
  | { readonly kind: "put"; readonly key: string; readonly options: WirePutOptions }
  | {
      readonly kind: "part";
      readonly key: string;
      readonly uploadId: string;
      readonly partNumber: number;
      readonly ssecKey?: string | undefined;
    };

/** JSON, percent-encoded. */
export const UPLOAD_HEADER = "x-ledge-upload";

export interface WirePart {
  readonly partNumber: number;
  readonly etag: string;
}

/** `null`: the conditions were not met. */
export type WireUploadAnswer =
  | { readonly object: WireObject | null }
  | { readonly part: WirePart }
  | { readonly error: { readonly code: string; readonly message: string } };

/** What the entrypoint `BucketService` answers, beside `fetch` of a {@link WireUpload}. */
export interface BucketServiceCalls {
  head(key: string): Promise<WireObject | null>;
  get(key: string, options: WireGetOptions): Promise<WireFound | null>;
  list(options: WireListOptions): Promise<WirePage>;
  delete(keys: readonly string[]): Promise<void>;
  createMultipartUpload(key: string, options: WireUploadOptions): Promise<string>;
  abortMultipartUpload(key: string, uploadId: string): Promise<void>;
  completeMultipartUpload(
    key: string,
    uploadId: string,
    parts: readonly WirePart[],
  ): Promise<WireObject>;
}
