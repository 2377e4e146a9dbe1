import { hexToBase64 } from "../../lib/base64.ts";
import { formatHttpDate, parseHttpDate } from "../../lib/http-date.ts";
import { decodeRfc2047, encodeRfc2047 } from "../../lib/rfc2047.ts";
import { isHeaderName, isHeaderValue } from "../../lib/header-text.ts";
import { hash } from "node:crypto";
import { readEncryption } from "../encryption/stored-encryption.ts";
import { invalidArgument } from "../errors.ts";
import type { ObjectSummary, StoredHeaders } from "../object-record.ts";
import type {
  WireChecksums,
  WireHttpMetadata,
  WireObject,
  WirePutOptions,
  WireUploadOptions,
} from "./wire.ts";

const USER_METADATA_PREFIX = "x-amz-meta-";
/** What S3 says of an object of which nobody has said what it is. */
const NO_TYPE = "binary/octet-stream";

const TEXT_HEADERS = {
  "content-type": "contentType",
  "content-language": "contentLanguage",
  "content-disposition": "contentDisposition",
  "content-encoding": "contentEncoding",
  "cache-control": "cacheControl",
} as const;

const STORAGE_CLASSES: Readonly<Record<string, string>> = {
  STANDARD: "Standard",
  STANDARD_IA: "InfrequentAccess",
};

/** What is told of a record: a listing knows no more than these. */
export interface DescribedRecord extends ObjectSummary {
  readonly versionId?: string | undefined;
  readonly headers?: StoredHeaders;
  readonly encryption?: string | undefined;
}

/** A record as R2 tells it. What S3 has beyond R2 is left out. */
export function wireObjectOf(
  record: DescribedRecord,
  more: Pick<WireObject, "range" | "ssecKeyMd5"> = {},
): WireObject {
  const { key, sizeBytes, etag, lastModifiedMs, storageClass, versionId, headers = {} } = record;
  return {
    key,
    // R2 gives every upload one, S3 only where there are versions.
    version: versionId ?? `${lastModifiedMs.toString(36)}-${etag}`,
    size: sizeBytes,
    etag,
    checksums: checksumsOf(record),
    uploadedMs: lastModifiedMs,
    httpMetadata: httpMetadataOf(headers),
    customMetadata: customMetadataOf(headers),
    storageClass: STORAGE_CLASSES[storageClass] ?? storageClass,
    ...more,
  };
}

function checksumsOf({ etag, checksum, encryption }: DescribedRecord): WireChecksums {
  const checksums: WireChecksums = {};
  // The ETag of parts is no MD5, and neither is that of what is encrypted with a key of its own.
  const isMd5 = encryption === undefined || readEncryption(encryption).k === "S3";
  if (isMd5 && /^[0-9a-f]{32}$/.test(etag)) checksums.md5 = etag;
  const name = checksum?.algorithm.toLowerCase();
  const isOfR2 = name === "sha1" || name === "sha256" || name === "sha512";
  if (checksum !== undefined && isOfR2 && checksum.type === "FULL_OBJECT")
    checksums[name] = Buffer.from(checksum.value, "base64").toString("hex");
  return checksums;
}

function httpMetadataOf(headers: StoredHeaders): WireHttpMetadata {
  const metadata: WireHttpMetadata = {};
  for (const [header, name] of Object.entries(TEXT_HEADERS)) {
    const value = headers[header];
    if (value !== undefined && value !== NO_TYPE) metadata[name] = value;
  }
  const expiresMs = parseHttpDate(headers["expires"] ?? "");
  if (expiresMs !== undefined) metadata.cacheExpiryMs = expiresMs;
  return metadata;
}

function customMetadataOf(headers: StoredHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(USER_METADATA_PREFIX))
      .map(([name, value]) => [name.slice(USER_METADATA_PREFIX.length), decodeRfc2047(value)]),
  );
}

/**
 * What R2's options of an upload say, as S3's headers.
 *
 * @throws S3Error InvalidArgument for a value that no header can have
 */
export function uploadHeaders(options: WireUploadOptions): Headers {
  const headers = new Headers(ssecHeaders(options.ssecKey));
  const { httpMetadata = {}, customMetadata = {}, storageClass } = options;
  for (const [header, name] of Object.entries(TEXT_HEADERS)) {
    const value = httpMetadata[name];
    if (value !== undefined) set(headers, header, value, name);
  }
  if (httpMetadata.cacheExpiryMs !== undefined)
    headers.set("expires", formatHttpDate(httpMetadata.cacheExpiryMs));
  for (const [name, value] of Object.entries(customMetadata))
    set(headers, USER_METADATA_PREFIX + name, encodeRfc2047(value), "customMetadata");
  if (storageClass !== undefined)
    headers.set(
      "x-amz-storage-class",
      Object.entries(STORAGE_CLASSES).find(([, name]) => name === storageClass)?.[0] ??
        storageClass,
    );
  return headers;
}

function set(headers: Headers, name: string, value: string, argument: string): void {
  if (!isHeaderName(name) || !isHeaderValue(value))
    throw invalidArgument("It cannot stand in a header.", argument, value);
  headers.set(name, value);
}

const CHECKSUM_HEADERS: ReadonlyMap<string, string> = new Map([
  ["md5", "content-md5"],
  ["sha1", "x-amz-checksum-sha1"],
  ["sha256", "x-amz-checksum-sha256"],
  ["sha512", "x-amz-checksum-sha512"],
]);

/** @throws S3Error InvalidArgument for more than one, and for SHA-384, which S3 has not */
export function checksumHeadersOf({ checksums = {} }: WirePutOptions): Record<string, string> {
  const given = Object.entries(checksums);
  const [first] = given;
  if (first === undefined) return {};
  const [name, hexDigits] = first;
  const header = CHECKSUM_HEADERS.get(name);
  if (given.length > 1)
    throw invalidArgument("You cannot specify multiple hashing algorithms.", name);
  if (header === undefined) throw invalidArgument(`${name} is not implemented`, name);
  return { [header]: hexToBase64(hexDigits) };
}

/** The customer's key, as S3's headers have it. @param hexDigits undefined: there is none */
export function ssecHeaders(hexDigits: string | undefined): Record<string, string> {
  if (hexDigits === undefined) return {};
  const bytes = Buffer.from(hexDigits, "hex");
  return {
    "x-amz-server-side-encryption-customer-algorithm": "AES256",
    "x-amz-server-side-encryption-customer-key": bytes.toString("base64"),
    "x-amz-server-side-encryption-customer-key-md5": hash("md5", bytes, "base64"),
  };
}

/** What R2 tells of a customer's key. */
export function ssecMd5(hexDigits: string | undefined): string | undefined {
  return hexDigits === undefined ? undefined : hash("md5", Buffer.from(hexDigits, "hex"));
}
