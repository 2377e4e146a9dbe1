import { decodeToken } from "./continuation-token.ts";
import { invalidArgument } from "./errors.ts";
import { isVersionId } from "./version-id.ts";

/** Keys of one page at most, whatever the client asks for. */
const MAX_KEYS = 1000;
const MAX_BUCKETS = 10_000;
const MAX_INT32 = 2 ** 31 - 1;

interface ListingParameters {
  readonly prefix: string;
  /** Empty: no folding. */
  readonly delimiter: string;
  /** 0…1000. */
  readonly maxKeys: number;
  /** Keys and prefixes of the answer are percent-encoded. */
  readonly encodingType: "url" | undefined;
}

export interface ListObjectsParameters extends ListingParameters {
  readonly marker: string;
}

export interface ListObjectsV2Parameters extends ListingParameters {
  /** As given, to be echoed. */
  readonly continuationToken: string | undefined;
  readonly startAfter: string | undefined;
  /** Keys and common prefixes after this one: the token's position, else `start-after`, else empty. */
  readonly after: string;
  readonly fetchOwner: boolean;
}

export interface ListObjectVersionsParameters extends ListingParameters {
  readonly keyMarker: string;
  readonly versionIdMarker: string | undefined;
}

export interface ListBucketsParameters {
  readonly prefix: string;
  /** `bucket-region`. */
  readonly region: string | undefined;
  /** Names after this one; empty: from the start. */
  readonly after: string;
  /** 1…10,000; undefined: all, on one page. */
  readonly maxBuckets: number | undefined;
}

/**
 * `GET /{bucket}`.
 *
 * @throws S3Error InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
 */
export function parseListObjects(query: URLSearchParams, headers: Headers): ListObjectsParameters {
  return { ...parseListing(query, headers), marker: query.get("marker") ?? "" };
}

/**
 * `GET /{bucket}?list-type=2`.
 *
 * @throws S3Error InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function parseListObjectsV2(
  query: URLSearchParams,
  headers: Headers,
): ListObjectsV2Parameters {
  const listType = query.get("list-type");
  if (listType !== null && listType !== "2")
    throw invalidArgument("Invalid List Type specified in Request", "list-type", listType);
  const continuationToken = query.get("continuation-token") ?? undefined;
  const startAfter = query.get("start-after") ?? undefined;
  return {
    ...parseListing(query, headers),
    continuationToken,
    startAfter,
    after: positionOf(continuationToken) ?? startAfter ?? "",
    fetchOwner: query.get("fetch-owner") === "true",
  };
}

/**
 * `GET /{bucket}?versions`.
 *
 * @throws S3Error InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export function parseListObjectVersions(
  query: URLSearchParams,
  headers: Headers,
): ListObjectVersionsParameters {
  const keyMarker = query.get("key-marker") ?? "";
  const versionIdMarker = query.get("version-id-marker") ?? undefined;
  if (versionIdMarker !== undefined && keyMarker === "")
    throw invalidArgument(
      "A version-id marker cannot be specified without a key marker.",
      "version-id-marker",
      versionIdMarker,
    );
  if (versionIdMarker === "")
    throw invalidArgument("A version-id marker cannot be empty.", "version-id-marker", "");
  if (versionIdMarker !== undefined && !isVersionId(versionIdMarker))
    throw invalidArgument("Invalid version id specified", "version-id-marker", versionIdMarker);
  return { ...parseListing(query, headers), keyMarker, versionIdMarker };
}

/**
 * `GET /`.
 *
 * @throws S3Error InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
 */
export function parseListBuckets(query: URLSearchParams): ListBucketsParameters {
  const maxBuckets = query.get("max-buckets");
  return {
    prefix: query.get("prefix") ?? "",
    region: query.get("bucket-region") ?? undefined,
    after: positionOf(query.get("continuation-token") ?? undefined) ?? "",
    maxBuckets: maxBuckets === null ? undefined : parseMaxBuckets(maxBuckets),
  };
}

function parseListing(query: URLSearchParams, headers: Headers): ListingParameters {
  checkOptionalAttributes(headers.get("x-amz-optional-object-attributes"));
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    maxKeys: parseMaxKeys(query.get("max-keys")),
    encodingType: parseEncodingType(query.get("encoding-type")),
  };
}

function parseMaxKeys(value: string | null): number {
  return value === null ? MAX_KEYS : Math.min(parseCount("max-keys", value, "maxKeys"), MAX_KEYS);
}

/**
 * A parameter that counts something, or numbers it.
 *
 * @param argument what AWS calls it when it is negative
 * @throws S3Error InvalidArgument unless it is a whole number from 0 to 2^31 - 1
 */
export function parseCount(name: string, value: string, argument: string = name): number {
  const count = /^-?\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (!(Math.abs(count) <= MAX_INT32))
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, value);
  if (count < 0)
    throw invalidArgument(
      `Argument ${argument} must be an integer between 0 and 2147483647`,
      argument,
      value,
    );
  return count;
}

function parseMaxBuckets(value: string): number {
  const maxBuckets = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (maxBuckets < 1 || maxBuckets > MAX_BUCKETS)
    throw invalidArgument(
      "Argument max-buckets must be an integer between 1 and 10000",
      "max-buckets",
      value,
    );
  return maxBuckets;
}

/** @throws S3Error InvalidArgument */
export function parseEncodingType(value: string | null): "url" | undefined {
  if (value === null) return undefined;
  if (value !== "url")
    throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", value);
  return value;
}

/** `RestoreStatus` may be asked for; objects that were never restored have none. */
function checkOptionalAttributes(value: string | null): void {
  if (value === null || value.split(",").every((attribute) => attribute.trim() === "RestoreStatus"))
    return;
  throw invalidArgument(
    "Invalid attribute name specified",
    "x-amz-optional-object-attributes",
    value,
  );
}

/** An empty token asks for the first page, as no token does. */
function positionOf(token: string | undefined): string | undefined {
  if (token === undefined || token === "") return undefined;
  const position = decodeToken(token);
  if (position === undefined)
    throw invalidArgument(
      "The continuation token provided is incorrect",
      "continuation-token",
      token,
    );
  return position;
}
