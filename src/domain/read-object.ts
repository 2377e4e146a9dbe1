import type { Settings } from "../env.ts";
import { attributeHeaders } from "../protocol/attribute-headers.ts";
import { wantedChecksumHeaders } from "../protocol/checksum-headers.ts";
import { evaluateRead, isRangeCurrent } from "../protocol/conditions.ts";
import { S3Error } from "../protocol/errors.ts";
import { quoteEtag } from "../protocol/etag.ts";
import type { ObjectRecord } from "../protocol/object-record.ts";
import { contentRange, parsePartNumber, parseRange } from "../protocol/range.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { restoreHeader } from "../protocol/storage-class.ts";
import { applyResponseOverrides } from "../protocol/stored-headers.ts";
import { parseVersionId } from "../protocol/version-id.ts";
import { formatHttpDate } from "../lib/http-date.ts";
import type { BucketIndex } from "../storage/bucket-index.ts";
import type { Wanted } from "../storage/content-index.ts";
import { requireObject } from "./found-object.ts";
import { type ContentStores, openContent } from "./open-content.ts";
import { selectBytes, wholeOf } from "./select-bytes.ts";

/** What GetObject and HeadObject work with. */
export interface ReadStores extends ContentStores {
  readonly index: BucketIndex;
  readonly settings: Settings;
}

/**
 * Answers GetObject (`withBody`) and HeadObject: one index call, then conditions, then the range, then the bytes, as
 * RFC 9110 §13.2.2 orders them, so that a 304 or a 412 never reads the store.
 *
 * @throws S3Error NoSuchKey, PreconditionFailed, InvalidRange, InvalidPartNumber, InvalidArgument, InvalidRequest
 */
export async function respondWithObject(
  stores: ReadStores,
  request: S3Request,
  key: string,
  withBody: boolean,
): Promise<Response> {
  const wanted = wantedBytes(request, withBody);
  const record = requireObject(await stores.index.read(key, wanted), key, wanted.versionId);

  const headers = objectHeaders(record, request, stores.settings.noTransform);
  if (evaluateRead(request.headers, record) === "not-modified")
    return new Response(null, { status: 304, headers });

  const { sizeBytes } = record;
  const { range, checksum, partCount, content } =
    wanted.range === undefined || isRangeCurrent(request.headers, record)
      ? await selectBytes(stores.contents, record, wanted, request.headers)
      : wholeOf(record);
  headers["content-length"] = String(range?.length ?? sizeBytes);
  // The empty part of an object that is not empty has no first and last byte to name.
  if (range !== undefined && range.length > 0)
    headers["content-range"] = contentRange(range, sizeBytes);
  if (partCount !== undefined) headers["x-amz-mp-parts-count"] = String(partCount);
  Object.assign(headers, wantedChecksumHeaders(request.headers, checksum));

  const status = range === undefined ? 200 : 206;
  const body = withBody ? await openContent(stores, { key, sizeBytes, content }, range) : null;
  // Stored Content-Encoding describes the stored bytes: the runtime is not to encode them once more.
  return new Response(body, { status, headers, encodeBody: "manual" });
}

function wantedBytes({ headers, query }: S3Request, withBody: boolean): Wanted {
  const partNumber = query.get("partNumber");
  const range = headers.get("range");
  if (partNumber !== null && range !== null) {
    throw new S3Error("InvalidRequest", {
      message: "Cannot specify both Range header and partNumber query parameter",
    });
  }
  return {
    content: withBody,
    range: parseRange(range),
    partNumber: partNumber === null ? undefined : parsePartNumber(partNumber),
    versionId: parseVersionId(query),
  };
}

/** As a plain object, which costs less than as many calls of `Headers.set`. All names are in lower case. */
function objectHeaders(
  record: ObjectRecord,
  request: S3Request,
  noTransform: boolean,
): Record<string, string> {
  const { storageClass, versionId } = record;
  const headers: Record<string, string> = {
    ...applyResponseOverrides(record.headers, request.query),
    "accept-ranges": "bytes",
    etag: quoteEtag(record.etag),
    "last-modified": formatHttpDate(record.lastModifiedMs),
    ...attributeHeaders(record.attributes),
  };
  if (versionId !== undefined) headers["x-amz-version-id"] = versionId;
  if (storageClass !== "STANDARD") headers["x-amz-storage-class"] = storageClass;
  const restore = restoreHeader(storageClass);
  if (restore !== undefined) headers["x-amz-restore"] = restore;
  if (noTransform) headers["cache-control"] = withNoTransform(headers["cache-control"]);
  return headers;
}

/** Keeps Cloudflare's edge from compressing the answer, which would drop Content-Length and weaken the ETag. */
function withNoTransform(cacheControl: string | undefined): string {
  if (cacheControl === undefined) return "no-transform";
  return /\bno-transform\b/i.test(cacheControl) ? cacheControl : `${cacheControl}, no-transform`;
}
