import { parseHttpDate } from "../lib/http-date.ts";
import { S3Error } from "./errors.ts";
import { unquoteEtag } from "./etag.ts";

/** What the conditions of a read are about. */
interface ReadObject {
  readonly etag: string;
  readonly lastModifiedMs: number;
}

/**
 * Conditions of GetObject and HeadObject, in RFC 9110's order: `If-Match` overrules `If-Unmodified-Since`, and
 * `If-None-Match` overrules `If-Modified-Since`. A date that is none is ignored, and so is `If-Modified-Since` in the
 * future; dates have seconds, objects milliseconds.
 *
 * @throws S3Error PreconditionFailed, naming the condition
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html
 */
export function evaluateRead(headers: Headers, object: ReadObject): "proceed" | "not-modified" {
  const failed = failedCondition(headers, "", object);
  if (failed === undefined) return "proceed";
  const wasAskedToBeTheSame = failed === "If-Match" || failed === "If-Unmodified-Since";
  if (wasAskedToBeTheSame) throw preconditionFailed(failed);
  return "not-modified";
}

/**
 * `If-Range`: whether a `Range` is of the object as it is now. Otherwise the whole object is sent, since the client would
 * add the bytes to those of another one. An ETag is compared strongly; a date must be the very Last-Modified, and so what is
 * neither is never the object's.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
 */
export function isRangeCurrent(headers: Headers, { etag, lastModifiedMs }: ReadObject): boolean {
  const validator = headers.get("if-range");
  if (validator === null) return true;
  const dateMs = parseHttpDate(validator);
  if (dateMs !== undefined) return dateMs === lastModifiedMs - (lastModifiedMs % 1000);
  return !validator.startsWith("W/") && unquoteEtag(validator) === etag;
}

/**
 * The same conditions on the source of a copy (`x-amz-copy-source-if-match` and so on) or of a rename. For a copy, to
 * be as it is known already is a failure too.
 *
 * @throws S3Error PreconditionFailed, naming the condition
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export function checkSourceConditions(
  headers: Headers,
  prefix: "x-amz-copy-source-" | "x-amz-rename-source-",
  source: ReadObject,
): void {
  const failed = failedCondition(headers, prefix, source);
  if (failed !== undefined) throw preconditionFailed(`${prefix}${failed}`);
}

/**
 * `If-Modified-Since` and `If-Unmodified-Since` of RenameObject, about what has the new name; the other conditions on it
 * are those of any write.
 *
 * @throws S3Error PreconditionFailed, naming the condition
 */
export function checkDestinationDates(headers: Headers, existing: ReadObject | undefined): void {
  const failed =
    existing !== undefined
      ? failedCondition(headers, "", existing)
      : headers.has("if-modified-since")
        ? "If-Modified-Since"
        : undefined;
  if (failed !== undefined) throw preconditionFailed(failed);
}

function failedCondition(
  headers: Headers,
  prefix: string,
  { etag, lastModifiedMs }: ReadObject,
): "If-Match" | "If-Unmodified-Since" | "If-None-Match" | "If-Modified-Since" | undefined {
  const ifMatch = headers.get(`${prefix}if-match`);
  if (ifMatch !== null) {
    if (!namesEtag(ifMatch, etag)) return "If-Match";
  } else if (wasModifiedSince(headers.get(`${prefix}if-unmodified-since`), lastModifiedMs) === true)
    return "If-Unmodified-Since";

  const ifNoneMatch = headers.get(`${prefix}if-none-match`);
  if (ifNoneMatch !== null) return namesEtag(ifNoneMatch, etag) ? "If-None-Match" : undefined;
  const ifModifiedSince = headers.get(`${prefix}if-modified-since`);
  if (ifModifiedSince === null || isInFuture(ifModifiedSince)) return undefined;
  const isUnmodified = wasModifiedSince(ifModifiedSince, lastModifiedMs) === false;
  return isUnmodified ? "If-Modified-Since" : undefined;
}

function isInFuture(date: string): boolean {
  const timeMs = parseHttpDate(date);
  return timeMs !== undefined && timeMs > Date.now();
}

/** Weak ETags count too: a cache on the way may have made ours weak. */
function namesEtag(header: string, etag: string): boolean {
  return header.split(",").some((entry) => {
    const text = entry.trim();
    return text === "*" || unquoteEtag(text) === etag;
  });
}

/** @returns undefined when there is no date to compare with */
function wasModifiedSince(header: string | null, lastModifiedMs: number): boolean | undefined {
  const sinceMs = header === null ? undefined : parseHttpDate(header);
  return sinceMs === undefined ? undefined : Math.floor(lastModifiedMs / 1000) > sinceMs / 1000;
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error("PreconditionFailed", { fields: { Condition: condition } });
}
