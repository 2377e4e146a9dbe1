import { decodeToken } from "./continuation-token.ts";
import { invalidArgument, S3Error } from "./errors.ts";
import { MAX_ENTRIES } from "./limits.ts";

const MAX_NAME_BYTES = 512;

export interface ListAnnotationsParameters {
  readonly prefix: string;
  /** As given, to be echoed. */
  readonly continuationToken: string | undefined;
  /** Names after this one; empty: from the start. */
  readonly after: string;
  /** 1…1000. */
  readonly maxResults: number;
}

/**
 * `?annotationName=`: 1 to 512 bytes, none of AWS's own names.
 *
 * @throws S3Error InvalidAnnotationName, AnnotationNameTooLong
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
 */
export function parseAnnotationName(query: URLSearchParams): string {
  const name = query.get("annotationName") ?? "";
  const fields = { AnnotationName: name };
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new S3Error("AnnotationNameTooLong", { fields });
  if (name === "" || /^(aws|s3)/i.test(name))
    throw new S3Error("InvalidAnnotationName", { fields });
  return name;
}

/**
 * `GET /{bucket}/{key}?annotation`.
 *
 * @throws S3Error InvalidPrefix, InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectAnnotations.html
 */
export function parseListAnnotations(query: URLSearchParams): ListAnnotationsParameters {
  const prefix = query.get("annotation-prefix") ?? "";
  if (Buffer.byteLength(prefix) > MAX_NAME_BYTES)
    throw new S3Error("InvalidPrefix", { fields: { AnnotationPrefix: prefix } });
  const continuationToken = query.get("continuation-token") ?? undefined;
  const after = continuationToken === undefined ? "" : decodeToken(continuationToken);
  return { prefix, continuationToken, after, maxResults: parseMaxResults(query) };
}

function parseMaxResults(query: URLSearchParams): number {
  const value = query.get("max-annotation-results") ?? String(MAX_ENTRIES);
  const maxResults = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (maxResults < 1 || maxResults > MAX_ENTRIES)
    throw invalidArgument(
      `Argument max-annotation-results must be an integer between 1 and ${MAX_ENTRIES}`,
      "max-annotation-results",
      value,
    );
  return maxResults;
}
