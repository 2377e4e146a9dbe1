import { decodeToken } from "./continuation-token.ts";
import { parseInt32, parsePageSize } from "./counts.ts";
import { invalidArgument } from "./errors.ts";
import { MAX_BUCKETS } from "./limits.ts";
import { isVersionId } from "./version-id.ts";

/**
 * Parameters of the other version of ListObjects, which AWS refuses, even empty (seen 2026-09:
 * https://github.com/brekkylab/backlot/blob/main/backlot/routers/s3.py).
 */
const V2_ONLY = {
  "continuation-token": "continuation-token only supported in REST.GET.BUCKET with list-type=2",
  "start-after": "startAfter only supported in REST.GET.BUCKET with list-type=2",
};
const V1_ONLY = { marker: "Marker unsupported with REST.GET.BUCKET in list-type=2" };

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
  /** To be echoed, unless a token takes its place. */
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
  /** 1…10,000: that many also for a client that does not page. */
  readonly maxBuckets: number;
}

/**
 * `GET /{bucket}`.
 *
 * @throws S3Error InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
 */
export function parseListObjects(query: URLSearchParams, headers: Headers): ListObjectsParameters {
  const listing = parseListing(query, headers);
  refuseAny(query, V2_ONLY);
  return { ...listing, marker: query.get("marker") ?? "" };
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
  const listing = parseListing(query, headers);
  refuseAny(query, V1_ONLY);
  const continuationToken = query.get("continuation-token") ?? undefined;
  const startAfter = query.get("start-after") ?? undefined;
  return {
    ...listing,
    continuationToken,
    startAfter: continuationToken === undefined ? startAfter : undefined,
    after: continuationToken === undefined ? (startAfter ?? "") : decodeToken(continuationToken),
    fetchOwner: query.get("fetch-owner") === "true",
  };
}

function refuseAny(query: URLSearchParams, refused: Readonly<Record<string, string>>): void {
  for (const [name, message] of Object.entries(refused))
    if (query.has(name)) throw invalidArgument(message, name);
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
  // An empty token asks for the first page here (recorded 2026-02).
  const token = query.get("continuation-token") ?? "";
  return {
    prefix: query.get("prefix") ?? "",
    region: query.get("bucket-region") ?? undefined,
    after: token === "" ? "" : decodeToken(token),
    maxBuckets: parseMaxBuckets(query.get("max-buckets")),
  };
}

function parseListing(query: URLSearchParams, headers: Headers): ListingParameters {
  checkOptionalAttributes(headers.get("x-amz-optional-object-attributes"));
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    maxKeys: parsePageSize("max-keys", query.get("max-keys"), "maxKeys"),
    encodingType: parseEncodingType(query.get("encoding-type")),
  };
}

function parseMaxBuckets(value: string | null): number {
  const name = "max-buckets";
  const maxBuckets = parseInt32(name, value) ?? MAX_BUCKETS;
  if (maxBuckets < 1 || maxBuckets > MAX_BUCKETS)
    throw invalidArgument(
      `Argument ${name} must be an integer between 1 and ${MAX_BUCKETS}`,
      name,
      String(maxBuckets),
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
