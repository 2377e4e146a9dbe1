import { isHeaderName } from "../lib/header-text.ts";
import { decodeRfc2047, encodeRfc2047 } from "../lib/rfc2047.ts";
import { parseDirective } from "./copy-directive.ts";
import { invalidArgument, S3Error } from "./errors.ts";
import type { StoredHeaders } from "./object-record.ts";

const USER_METADATA_PREFIX = "x-amz-meta-";
const MAX_USER_METADATA_BYTES = 2048;
/** Of all headers of a PUT, on AWS; what is kept has to fit into the header of an answer, too. */
const MAX_HEADER_SECTION_BYTES = 8192;
/** The runtime reads headers as UTF-8, and puts this for what is none. */
const REPLACEMENT_CHARACTER = "\uFFFD";
const REDIRECT_LOCATION = "x-amz-website-redirect-location";

/** The system metadata that an object keeps as it was given, beside its type and encoding. */
const KEPT_AS_GIVEN = new Set([
  "cache-control",
  "content-disposition",
  "content-language",
  "expires",
  REDIRECT_LOCATION,
]);

/**
 * What an upload's headers say that a download's shall say again; all names in lower case. User metadata that is not
 * ASCII is kept as RFC 2047 has it, since that is how S3 returns it; what comes so and is ASCII is kept decoded.
 *
 * @throws S3Error MetadataTooLarge, RequestHeaderSectionTooLarge, InvalidRedirectLocation, InvalidArgument (no UTF-8)
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html,
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json
 */
export function parseStoredHeaders(headers: Headers): StoredHeaders {
  const stored: Record<string, string> = { "content-type": "binary/octet-stream" };
  let userMetadataBytes = 0;
  for (const [name, value] of headers) {
    if (name.startsWith(USER_METADATA_PREFIX)) {
      userMetadataBytes +=
        Buffer.byteLength(name) - USER_METADATA_PREFIX.length + Buffer.byteLength(value);
      stored[name] = encodeRfc2047(decodeRfc2047(value));
    } else if (value === "") continue;
    else if (name === "content-type" || KEPT_AS_GIVEN.has(name)) stored[name] = value;
    else if (name === "content-encoding") {
      const encoding = withoutAwsChunked(value);
      if (encoding !== "") stored[name] = encoding;
    }
  }
  if (userMetadataBytes > MAX_USER_METADATA_BYTES) throw metadataTooLarge(userMetadataBytes);
  checkSystemMetadata(stored);
  checkRedirectLocation(stored[REDIRECT_LOCATION]);
  return stored;
}

/** Whether an upload could have left these: no others may stand in an answer for an object's sake. */
export function areStoredHeaders(headers: object): boolean {
  return Object.entries(headers).every(
    ([name, value]) => isStoredName(name) && typeof value === "string" && !/[\0\r\n]/.test(value),
  );
}

function isStoredName(name: string): boolean {
  if (name.startsWith(USER_METADATA_PREFIX)) return isHeaderName(name);
  return name === "content-type" || name === "content-encoding" || KEPT_AS_GIVEN.has(name);
}

/**
 * What CopyObject makes of the headers of its source: the same, or with `x-amz-metadata-directive: REPLACE` those of the
 * request. The redirect location is never copied.
 *
 * @throws S3Error InvalidArgument for an unknown directive, and as {@link parseStoredHeaders}
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export function copiedHeaders(source: StoredHeaders, headers: Headers): StoredHeaders {
  if (parseDirective(headers, "metadata") === "REPLACE") return parseStoredHeaders(headers);
  const { [REDIRECT_LOCATION]: _, ...kept } = source;
  const location = headers.get(REDIRECT_LOCATION);
  if (location === null || location === "") return kept;
  checkRedirectLocation(location);
  return { ...kept, [REDIRECT_LOCATION]: location };
}

/** `aws-chunked` frames the request's body only. */
function withoutAwsChunked(encodings: string): string {
  if (!/aws-chunked/i.test(encodings)) return encodings;
  const kept = encodings.split(",").map((encoding) => encoding.trim());
  return kept
    .filter((encoding) => encoding !== "" && encoding.toLowerCase() !== "aws-chunked")
    .join(",");
}

function checkSystemMetadata(stored: StoredHeaders): void {
  let length = 0;
  for (const [name, value] of Object.entries(stored)) {
    if (name.startsWith(USER_METADATA_PREFIX)) continue;
    length += name.length + value.length;
    if (value.includes(REPLACEMENT_CHARACTER))
      throw invalidArgument("Header value cannot be represented using UTF-8.", name, value);
  }
  if (length > MAX_HEADER_SECTION_BYTES)
    throw new S3Error("RequestHeaderSectionTooLarge", {
      fields: { MaxSizeAllowed: String(MAX_HEADER_SECTION_BYTES) },
    });
}

function metadataTooLarge(sizeBytes: number): S3Error {
  return new S3Error("MetadataTooLarge", {
    fields: { Size: String(sizeBytes), MaxSizeAllowed: String(MAX_USER_METADATA_BYTES) },
  });
}

function checkRedirectLocation(location: string | undefined): void {
  if (location !== undefined && !/^(\/|https?:\/\/)/.test(location))
    throw new S3Error("InvalidRedirectLocation");
}

const OVERRIDES = [
  ["response-content-type", "content-type"],
  ["response-content-language", "content-language"],
  ["response-expires", "expires"],
  ["response-cache-control", "cache-control"],
  ["response-content-disposition", "content-disposition"],
  ["response-content-encoding", "content-encoding"],
] as const;

/**
 * `response-*` of GetObject and HeadObject: what this one answer says instead.
 *
 * @throws S3Error InvalidArgument for a value that no header can carry
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function applyResponseOverrides(
  stored: StoredHeaders,
  query: URLSearchParams,
): StoredHeaders {
  if (query.size === 0) return stored;
  const overridden: Record<string, string> = { ...stored };
  for (const [parameter, header] of OVERRIDES) {
    const value = query.get(parameter);
    if (value === null || value === "") continue;
    // Line ends and controls would break out of the header.
    if (!/^[\t\x20-\x7e\xa0-\xff]*$/.test(value))
      throw invalidArgument(
        "Header value cannot be represented using ISO-8859-1.",
        parameter,
        value,
      );
    overridden[header] = value;
  }
  return overridden;
}
