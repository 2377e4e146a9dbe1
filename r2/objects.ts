import type { WireChecksums, WireObject } from "../src/protocol/r2/wire.ts";

export const METADATA_HEADERS = {
  contentType: "content-type",
  contentLanguage: "content-language",
  contentDisposition: "content-disposition",
  contentEncoding: "content-encoding",
  cacheControl: "cache-control",
} as const;

export const METADATA_NAMES = Object.keys(METADATA_HEADERS) as (keyof typeof METADATA_HEADERS)[];

export const ALGORITHMS = ["md5", "sha1", "sha256", "sha384", "sha512"] as const;

/** The members of an `R2Object`. */
class StoredObject implements R2Object {
  readonly key: string;
  readonly version: string;
  readonly size: number;
  readonly etag: string;
  readonly httpEtag: string;
  readonly checksums: R2Checksums;
  readonly uploaded: Date;
  readonly httpMetadata: R2HTTPMetadata;
  readonly customMetadata: Record<string, string>;
  readonly range?: R2Range;
  readonly storageClass: string;
  readonly ssecKeyMd5?: string;

  constructor(object: WireObject) {
    const { cacheExpiryMs, ...httpMetadata } = object.httpMetadata;
    this.key = object.key;
    this.version = object.version;
    this.size = object.size;
    this.etag = object.etag;
    this.httpEtag = `"${object.etag}"`;
    this.checksums = readableChecksums(object.checksums);
    this.uploaded = new Date(object.uploadedMs);
    this.httpMetadata = {
      ...httpMetadata,
      ...(cacheExpiryMs !== undefined && { cacheExpiry: new Date(cacheExpiryMs) }),
    };
    this.customMetadata = { ...object.customMetadata };
    if (object.range !== undefined) this.range = object.range;
    this.storageClass = object.storageClass;
    if (object.ssecKeyMd5 !== undefined) this.ssecKeyMd5 = object.ssecKeyMd5;
  }

  writeHttpMetadata(headers: Headers): void {
    for (const name of METADATA_NAMES) {
      const value = this.httpMetadata[name];
      if (value !== undefined) headers.set(METADATA_HEADERS[name], value);
    }
    const { cacheExpiry } = this.httpMetadata;
    if (cacheExpiry !== undefined) headers.set("expires", cacheExpiry.toUTCString());
  }
}

class StoredObjectBody extends StoredObject implements R2ObjectBody {
  readonly #response: Response;

  constructor(object: WireObject, body: ReadableStream) {
    super(object);
    this.#response = new Response(body);
  }

  /** The response's own: once it is read, `bodyUsed` says so. */
  get body(): ReadableStream {
    return this.#response.body as ReadableStream;
  }

  get bodyUsed(): boolean {
    return this.#response.bodyUsed;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#response.arrayBuffer();
  }

  bytes(): Promise<Uint8Array> {
    return this.#response.bytes();
  }

  text(): Promise<string> {
    return this.#response.text();
  }

  json<T>(): Promise<T> {
    return this.#response.json();
  }

  async blob(): Promise<Blob> {
    const type = this.httpMetadata.contentType ?? "";
    return new Blob([await this.#response.arrayBuffer()], { type });
  }
}

export function objectOf(object: WireObject): R2Object {
  return new StoredObject(object);
}

export function bodyOf(object: WireObject, body: ReadableStream): R2ObjectBody {
  return new StoredObjectBody(object, body);
}

function readableChecksums(checksums: WireChecksums): R2Checksums {
  const bytes: Partial<Record<keyof WireChecksums, ArrayBuffer>> = {};
  for (const name of ALGORITHMS) {
    const digits = checksums[name];
    if (digits !== undefined) bytes[name] = bytesOfHex(digits);
  }
  return { ...bytes, toJSON: () => ({ ...checksums }) };
}

function bytesOfHex(digits: string): ArrayBuffer {
  const pairs = digits.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)).buffer;
}
