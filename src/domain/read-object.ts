import { checksumHeaders } from "../protocol/checksum-headers.ts";
import { evaluateRead } from "../protocol/conditions.ts";
import { invalidArgument, S3Error } from "../protocol/errors.ts";
import { quoteEtag } from "../protocol/etag.ts";
import type { Content, ObjectRecord } from "../protocol/object-record.ts";
import { type ByteRange, contentRange, parsePartNumber, resolveRange } from "../protocol/range.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { applyResponseOverrides } from "../protocol/stored-headers.ts";
import { requireNullVersion } from "../protocol/version-id.ts";
import { formatHttpDate } from "../lib/http-date.ts";
import type { BlobStore } from "../storage/blob-store.ts";
import type { ObjectStores } from "./write-object.ts";

/**
 * Answers GetObject (`withBody`) and HeadObject: one index call, then conditions, then the range, then the bytes, as
 * RFC 9110 §13.2.2 orders them, so that a 304 or a 412 never reads the store.
 *
 * @throws S3Error NoSuchKey, PreconditionFailed, InvalidRange, InvalidPartNumber, InvalidArgument, InvalidRequest
 */
export async function respondWithObject(
  { index, blobs, settings }: ObjectStores,
  request: S3Request,
  key: string,
  withBody: boolean,
): Promise<Response> {
  requireNullVersion(request.query);
  const partNumber = partNumberOf(request.query);
  const rangeHeader = request.headers.get("range");
  if (partNumber !== undefined && rangeHeader !== null) {
    throw new S3Error("InvalidRequest", {
      message: "Cannot specify both Range header and partNumber query parameter",
    });
  }
  const record = await index.read(key, withBody ? "headers and content" : "headers");
  if (record === undefined) throw new S3Error("NoSuchKey", { fields: { Key: key } });

  const headers = objectHeaders(record, request, settings.noTransform);
  switch (evaluateRead(request.headers, record)) {
    case "failed":
      throw new S3Error("PreconditionFailed");
    case "not-modified":
      return new Response(null, { status: 304, headers });
    case "proceed":
  }

  const { sizeBytes } = record;
  const range =
    partNumber === undefined
      ? resolveRange(rangeHeader, sizeBytes)
      : onlyPart(partNumber, sizeBytes);
  headers.set("content-length", String(range?.length ?? sizeBytes));
  if (range !== undefined) headers.set("content-range", contentRange(range, sizeBytes));
  // A checksum is of the whole object: beside a slice it would tell SDKs that the slice is corrupt.
  if (rangeHeader === null || range === undefined) addChecksum(headers, record, request);

  const status = range === undefined ? 200 : 206;
  const body = withBody ? await openContent(blobs, record.content, range) : null;
  // Stored Content-Encoding describes the stored bytes: the runtime is not to encode them once more.
  return new Response(body, { status, headers, encodeBody: "manual" });
}

function partNumberOf(query: URLSearchParams): number | undefined {
  const value = query.get("partNumber");
  return value === null ? undefined : parsePartNumber(value);
}

/** An object that was put whole is its own only part, and AWS answers its part 1 as a range. */
function onlyPart(partNumber: number, sizeBytes: number): ByteRange | undefined {
  if (partNumber !== 1) {
    throw new S3Error("InvalidPartNumber", {
      fields: { ActualPartCount: "1", PartNumberRequested: String(partNumber) },
    });
  }
  return sizeBytes === 0 ? undefined : { offset: 0, length: sizeBytes };
}

function objectHeaders(record: ObjectRecord, request: S3Request, noTransform: boolean): Headers {
  const headers = new Headers(applyResponseOverrides(record.headers, request.query));
  headers.set("accept-ranges", "bytes");
  headers.set("etag", quoteEtag(record.etag));
  headers.set("last-modified", formatHttpDate(record.lastModifiedMs));
  if (record.storageClass !== "STANDARD") headers.set("x-amz-storage-class", record.storageClass);
  if (noTransform) headers.set("cache-control", withNoTransform(headers.get("cache-control")));
  return headers;
}

/** Keeps Cloudflare's edge from compressing the answer, which would drop Content-Length and weaken the ETag. */
function withNoTransform(cacheControl: string | null): string {
  if (cacheControl === null) return "no-transform";
  return /\bno-transform\b/i.test(cacheControl) ? cacheControl : `${cacheControl}, no-transform`;
}

function addChecksum(headers: Headers, { checksum }: ObjectRecord, request: S3Request): void {
  const mode = request.headers.get("x-amz-checksum-mode");
  if (mode === null || checksum === undefined) return;
  if (mode.toUpperCase() !== "ENABLED")
    throw invalidArgument("The checksum mode is not valid", "x-amz-checksum-mode", mode);
  for (const [name, value] of Object.entries(checksumHeaders(checksum))) headers.set(name, value);
}

async function openContent(
  blobs: BlobStore,
  content: Content | undefined,
  range: ByteRange | undefined,
): Promise<ReadableStream<Uint8Array> | Uint8Array> {
  if (content === undefined) throw new Error("the index gave no content");
  if (content.kind === "blob") return blobs.read(content.blobId, range);
  if (range === undefined) return content.bytes;
  return content.bytes.subarray(range.offset, range.offset + range.length);
}
