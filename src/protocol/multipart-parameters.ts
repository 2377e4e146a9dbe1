import { parseCount, parsePageSize } from "./counts.ts";
import { parseEncodingType } from "./listing-parameters.ts";

export interface ListPartsParameters {
  /** Part numbers after this one; 0: from the start. */
  readonly partNumberMarker: number;
  /** 0…1000. */
  readonly maxParts: number;
}

export interface ListMultipartUploadsParameters {
  /** Undefined: not given, and not to be echoed. */
  readonly prefix: string | undefined;
  readonly delimiter: string | undefined;
  readonly keyMarker: string;
  /** Empty without a key marker. */
  readonly uploadIdMarker: string;
  /** 0…1000. */
  readonly maxUploads: number;
  readonly encodingType: "url" | undefined;
}

/**
 * `GET /{bucket}/{key}?uploadId`. An empty parameter is one that was not given.
 *
 * @throws S3Error InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
 */
export function parseListParts(query: URLSearchParams): ListPartsParameters {
  return {
    partNumberMarker: parseCount("part-number-marker", query.get("part-number-marker")) ?? 0,
    maxParts: parsePageSize("max-parts", query.get("max-parts")),
  };
}

/**
 * `GET /{bucket}?uploads`.
 *
 * @throws S3Error InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export function parseListMultipartUploads(query: URLSearchParams): ListMultipartUploadsParameters {
  const keyMarker = query.get("key-marker") ?? "";
  return {
    prefix: query.get("prefix") ?? undefined,
    delimiter: query.get("delimiter") ?? undefined,
    keyMarker,
    uploadIdMarker: keyMarker === "" ? "" : (query.get("upload-id-marker") ?? ""),
    maxUploads: parsePageSize("max-uploads", query.get("max-uploads")),
    encodingType: parseEncodingType(query.get("encoding-type")),
  };
}
