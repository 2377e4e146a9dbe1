/**
 * `ledge/r2`: a bucket of Ledge in another Worker, in the shape of R2's binding.
 *
 * It imports nothing, so that it is whatever the Worker that uses it is built with.
 */
import {
  type BucketServiceCalls,
  UPLOAD_HEADER,
  type WireChecksums,
  type WireHttpMetadata,
  type WirePart,
  type WireUpload,
  type WireUploadAnswer,
  type WireUploadOptions,
} from "../src/protocol/r2/wire.ts";
import { ALGORITHMS, bodyOf, METADATA_HEADERS, METADATA_NAMES, objectOf } from "./objects.ts";
import { conditionsOf, rangeHeaderOf } from "./options.ts";

/** A service binding to the entrypoint `BucketService`, whatever its Worker's types say that it is. */
export type BucketServiceBinding = Pick<Fetcher, "fetch">;

type Service = BucketServiceBinding & BucketServiceCalls;

const URL = "https://bucket-service.invalid/";

/**
 * What R2 calls its errors, by S3's names.
 *
 * Source: https://developers.cloudflare.com/r2/api/error-codes/
 */
const ERROR_CODES: Readonly<Record<string, number>> = {
  AccessDenied: 10003,
  BadDigest: 10037,
  EntityTooLarge: 100100,
  EntityTooSmall: 10011,
  InternalError: 10001,
  InvalidArgument: 10029,
  InvalidPart: 10025,
  InvalidPartOrder: 10025,
  InvalidRange: 10039,
  KeyTooLongError: 10020,
  MalformedXML: 10040,
  MetadataTooLarge: 10012,
  NoSuchBucket: 10006,
  NoSuchKey: 10007,
  NoSuchUpload: 10024,
  PreconditionFailed: 10031,
  SlowDown: 10058,
};

/** The bucket of a binding, as R2 has buckets. */
export function r2(binding: BucketServiceBinding): R2Bucket {
  return new Bucket(binding as Service);
}

/** What may answer that its conditions were not met. */
type Conditional<Options> = Options & { onlyIf: R2Conditional | Headers };

class Bucket implements R2Bucket {
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  async head(key: string): Promise<R2Object | null> {
    const found = await told("head", this.#service.head(key));
    return found === null ? null : objectOf(found);
  }

  get(key: string, options: Conditional<R2GetOptions>): Promise<R2ObjectBody | R2Object | null>;
  get(key: string, options?: R2GetOptions): Promise<R2ObjectBody | null>;
  async get(key: string, options: R2GetOptions = {}): Promise<R2Object | null> {
    const asked = {
      onlyIf: conditionsOf(options.onlyIf),
      range: rangeHeaderOf(options.range),
      ssecKey: ssecKeyOf(options.ssecKey),
    };
    const found = await told("get", this.#service.get(key, asked));
    if (found === null) return null;
    const { object, body } = found;
    return body === undefined ? objectOf(object) : bodyOf(object, body);
  }

  put(key: string, value: Value, options?: Conditional<R2PutOptions>): Promise<R2Object | null>;
  put(key: string, value: Value, options?: R2PutOptions): Promise<R2Object>;
  async put(key: string, value: Value, options: R2PutOptions = {}): Promise<R2Object | null> {
    const asked = {
      ...uploadOptionsOf(options),
      onlyIf: conditionsOf(options.onlyIf),
      checksums: checksumsOf(options),
    };
    const answer = await this.#upload("put", { kind: "put", key, options: asked }, value);
    const object = "object" in answer ? answer.object : null;
    return object === null ? null : objectOf(object);
  }

  async delete(keys: string | string[]): Promise<void> {
    await told("delete", this.#service.delete(typeof keys === "string" ? [keys] : keys));
  }

  async list(options: R2ListOptions = {}): Promise<R2Objects> {
    const { limit, prefix, cursor, delimiter, startAfter, include = [] } = options;
    const hasMetadata = include.length > 0;
    const asked = { limit, prefix, cursor, delimiter, startAfter, hasMetadata };
    const page = await told("list", this.#service.list(asked));
    const listed = {
      objects: page.objects.map(objectOf),
      delimitedPrefixes: [...page.delimitedPrefixes],
    };
    return page.cursor === undefined
      ? { ...listed, truncated: false }
      : { ...listed, truncated: true, cursor: page.cursor };
  }

  async createMultipartUpload(
    key: string,
    options: R2MultipartOptions = {},
  ): Promise<R2MultipartUpload> {
    const asked = this.#service.createMultipartUpload(key, uploadOptionsOf(options));
    return this.resumeMultipartUpload(key, await told("createMultipartUpload", asked));
  }

  resumeMultipartUpload(key: string, uploadId: string): R2MultipartUpload {
    const service = this.#service;
    return {
      key,
      uploadId,
      uploadPart: async (partNumber, value, options = {}) => {
        const ssecKey = ssecKeyOf(options.ssecKey);
        const part = { kind: "part", key, uploadId, partNumber, ssecKey } as const;
        const answer = await this.#upload("uploadPart", part, value);
        return "part" in answer ? answer.part : { partNumber, etag: "" };
      },
      abort: () => told("abort", service.abortMultipartUpload(key, uploadId)),
      complete: async (parts) => {
        const listed = parts.map(({ partNumber, etag }): WirePart => ({ partNumber, etag }));
        const completing = service.completeMultipartUpload(key, uploadId, listed);
        return objectOf(await told("completeMultipartUpload", completing));
      },
    };
  }

  async #upload(
    operation: string,
    upload: WireUpload,
    value: Value,
  ): Promise<Exclude<WireUploadAnswer, { readonly error: object }>> {
    const response = await this.#service.fetch(URL, {
      method: "PUT",
      headers: { [UPLOAD_HEADER]: encodeURIComponent(JSON.stringify(upload)) },
      body: value ?? "",
    });
    const answer: WireUploadAnswer = await response.json();
    if (!("error" in answer)) return answer;
    if (answer.error.code === "MissingContentLength")
      throw new TypeError(
        "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)",
      );
    throw failure(operation, answer.error);
  }
}

type Value = ReadableStream | ArrayBuffer | ArrayBufferView | string | null | Blob;

async function told<T>(operation: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw failure(operation, error as { readonly message: string; readonly code?: unknown });
  }
}

/** As R2 words its errors, with its number at the end. */
function failure(
  operation: string,
  { message, code }: { readonly message: string; readonly code?: unknown },
): Error {
  const number = typeof code === "string" ? ERROR_CODES[code] : undefined;
  return new Error(`${operation}: ${message} (${number ?? (code as string | undefined) ?? 10001})`);
}

function uploadOptionsOf(options: R2MultipartOptions): WireUploadOptions {
  const { customMetadata, storageClass } = options;
  return {
    httpMetadata: options.httpMetadata && wireMetadataOf(options.httpMetadata),
    customMetadata,
    storageClass,
    ssecKey: ssecKeyOf(options.ssecKey),
  };
}

function wireMetadataOf(metadata: R2HTTPMetadata | Headers): WireHttpMetadata {
  const wire: WireHttpMetadata = {};
  const isHeaders = metadata instanceof Headers;
  for (const name of METADATA_NAMES) {
    const value = isHeaders ? metadata.get(METADATA_HEADERS[name]) : metadata[name];
    if (value !== null && value !== undefined) wire[name] = value;
  }
  const expires = isHeaders ? metadata.get("expires") : metadata.cacheExpiry;
  if (expires !== null && expires !== undefined) wire.cacheExpiryMs = new Date(expires).getTime();
  return wire;
}

function checksumsOf(options: R2PutOptions): WireChecksums {
  const checksums: WireChecksums = {};
  for (const name of ALGORITHMS) {
    const value = options[name];
    if (value !== undefined) checksums[name] = typeof value === "string" ? value : hexOf(value);
  }
  return checksums;
}

function ssecKeyOf(key: ArrayBuffer | string | undefined): string | undefined {
  return key === undefined || typeof key === "string" ? key : hexOf(key);
}

function hexOf(bytes: ArrayBuffer | ArrayBufferView): string {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  return Array.from(view, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
