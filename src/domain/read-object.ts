import type { Caller } from "../protocol/caller.ts";
import { attributeHeaders } from "../protocol/attribute-headers.ts";
import { wantedChecksumHeaders } from "../protocol/checksum-headers.ts";
import {
  type CustomerKey,
  customerKeyHeaders,
  parseCustomerKey,
} from "../protocol/encryption/customer-key.ts";
import { refuseEncryption } from "../protocol/encryption/requested-encryption.ts";
import { encryptionHeaders } from "../protocol/encryption/stored-encryption.ts";
import { evaluateRead, isRangeCurrent } from "../protocol/read-conditions.ts";
import { S3Error } from "../protocol/errors.ts";
import { quoteEtag } from "../protocol/etag.ts";
import type { ObjectAttributes, ObjectRecord } from "../protocol/object-record.ts";
import { contentRange, parsePartNumber, parseRange } from "../protocol/range.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { restoreHeader } from "../protocol/storage-class.ts";
import { applyResponseOverrides } from "../protocol/stored-headers.ts";
import { parseVersionId } from "../protocol/version-id.ts";
import { formatHttpDate } from "../lib/http-date.ts";
import type { Wanted } from "../storage/ports/content-index.ts";
import { visibleAttributes } from "./access/visible-attributes.ts";
import {
  openEncryption,
  requireCustomerKey,
  requireReadableBytes,
} from "./encryption/open-encryption.ts";
import { requireObject } from "./found-object.ts";
import { openContent } from "./open-content.ts";
import type { BucketPorts } from "./ports.ts";
import { selectBytes, selectedContent, type Selection, wholeOf } from "./select-bytes.ts";

/** What GetObject and HeadObject work with. */
type ReadPorts = Pick<
  BucketPorts,
  "blobs" | "bucket" | "contents" | "gate" | "index" | "keys" | "settings"
> & { readonly caller: Caller };

/**
 * Answers GetObject: one index call, then conditions, then the range, then the bytes, as RFC 9110 §13.2.2 orders them, so
 * that a 304 or a 412 never reads the store.
 *
 * @throws S3Error NoSuchKey, PreconditionFailed, InvalidRange, InvalidPartNumber, InvalidArgument, InvalidRequest, and what
 *   {@link openEncryption} throws
 * @param instead what is answered in place of an object's bytes; undefined: these
 */
export async function respondWithObject(
  ports: ReadPorts,
  request: S3Request,
  key: string,
  instead: (record: ObjectRecord) => Response | undefined = () => undefined,
): Promise<Response> {
  const wanted = wantedBytes(request, true);
  const customerKey = parseCustomerKey(request.headers);
  const record = requireObject(await ports.index.readContent(key, wanted), key, wanted.versionId);
  const other = instead(record);
  if (other !== undefined) return other;
  const objectKey = await openEncryption(ports, record.encryption, customerKey);
  const { init, selection } = await describe(ports, request, record, wanted, customerKey);
  if (selection === undefined) return new Response(null, init);
  const content = selectedContent(record.content, selection);
  const readable = { key, content, objectKey };
  return new Response(await openContent(ports, readable, selection.range), init);
}

/** Answers HeadObject: the same, without the bytes. @param instead as of {@link respondWithObject} */
export async function respondWithHeaders(
  ports: ReadPorts,
  request: S3Request,
  key: string,
  instead: (record: ObjectRecord) => Response | undefined = () => undefined,
): Promise<Response> {
  const wanted = wantedBytes(request, false);
  const customerKey = parseCustomerKey(request.headers);
  const record = requireObject(await ports.index.read(key, wanted), key, wanted.versionId);
  const other = instead(record);
  if (other !== undefined) return other;
  requireCustomerKey(ports.bucket.id, record.encryption, customerKey);
  if (request.headers.has("x-amz-checksum-mode")) requireReadableBytes(ports, record.encryption);
  const { init } = await describe(ports, request, record, wanted, customerKey);
  return new Response(null, init);
}

interface Description {
  /** Status and headers. */
  readonly init: ResponseInit;
  /** Undefined: the client has these bytes already. */
  readonly selection: Selection | undefined;
}

async function describe(
  { contents, settings, gate }: ReadPorts,
  request: S3Request,
  record: ObjectRecord,
  wanted: Wanted,
  customerKey: CustomerKey | undefined,
): Promise<Description> {
  const { versionId } = wanted;
  const attributes =
    gate === undefined ? record.attributes : visibleAttributes(record, gate, versionId);
  const headers = objectHeaders(record, attributes, request, settings.noTransform);
  if (record.encryption !== undefined) Object.assign(headers, encryptionHeaders(record.encryption));
  if (customerKey !== undefined) Object.assign(headers, customerKeyHeaders(customerKey));
  if (evaluateRead(request.headers, record) === "not-modified")
    return { init: { status: 304, headers }, selection: undefined };

  const { sizeBytes } = record;
  const selection =
    wanted.range === undefined || isRangeCurrent(request.headers, record)
      ? await selectBytes(contents, record, wanted, request.headers)
      : wholeOf(record);
  const { range, checksum, partCount } = selection;
  headers["content-length"] = String(range?.length ?? sizeBytes);
  // The empty part of an object that is not empty has no first and last byte to name.
  if (range !== undefined && range.length > 0)
    headers["content-range"] = contentRange(range, sizeBytes);
  if (partCount !== undefined) headers["x-amz-mp-parts-count"] = String(partCount);
  Object.assign(headers, wantedChecksumHeaders(request.headers, checksum));

  const status = range === undefined ? 200 : 206;
  // Stored Content-Encoding describes the stored bytes: the runtime is not to encode them once more.
  return { init: { status, headers, encodeBody: "manual" }, selection };
}

function wantedBytes<IsContent extends boolean>(
  { headers, query }: S3Request,
  content: IsContent,
): Wanted & { readonly content: IsContent } {
  refuseEncryption(headers);
  const partNumber = query.get("partNumber");
  const range = headers.get("range");
  if (partNumber !== null && range !== null) {
    throw new S3Error("InvalidRequest", {
      message: "Cannot specify both Range header and partNumber query parameter",
    });
  }
  return {
    content,
    range: parseRange(range),
    partNumber: partNumber === null ? undefined : parsePartNumber(partNumber),
    versionId: parseVersionId(query),
  };
}

/** As a plain object, which costs less than as many calls of `Headers.set`. All names are in lower case. */
function objectHeaders(
  record: ObjectRecord,
  attributes: ObjectAttributes,
  request: S3Request,
  noTransform: boolean,
): Record<string, string> {
  const { storageClass, versionId } = record;
  const headers: Record<string, string> = {
    ...applyResponseOverrides(record.headers, request.query),
    "accept-ranges": "bytes",
    etag: quoteEtag(record.etag),
    "last-modified": formatHttpDate(record.lastModifiedMs),
    ...attributeHeaders(attributes),
  };
  if (versionId !== undefined) headers["x-amz-version-id"] = versionId;
  if (record.expiration !== undefined) headers["x-amz-expiration"] = record.expiration;
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
