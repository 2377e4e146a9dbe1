import { parseHttpDate } from "../lib/http-date.ts";
import { invalidArgument, S3Error } from "./errors.ts";
import { unquoteEtag } from "./etag.ts";

/** Conditions of a write, decided inside its transaction. Undefined: not given. */
export interface WriteConditions {
  /** An ETag without quotes, or `*`. */
  readonly ifMatch: string | undefined;
  /** Only `*` is defined by S3. */
  readonly ifNoneMatch: "*" | undefined;
  /** `x-amz-if-match-size` (DeleteObject). */
  readonly ifMatchSizeBytes: number | undefined;
  /** `x-amz-if-match-last-modified-time` (DeleteObject), in whole seconds. */
  readonly ifMatchLastModifiedSeconds: number | undefined;
}

export const NO_CONDITIONS: WriteConditions = {
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifMatchSizeBytes: undefined,
  ifMatchLastModifiedSeconds: undefined,
};

/**
 * Conditions of GetObject and HeadObject, in RFC 9110's order: `If-Match` overrules `If-Unmodified-Since`, and
 * `If-None-Match` overrules `If-Modified-Since`. A date that is none is ignored; dates have seconds, objects milliseconds.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html
 */
export function evaluateRead(
  headers: Headers,
  object: { readonly etag: string; readonly lastModifiedMs: number },
): "proceed" | "not-modified" | "failed" {
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null) {
    if (!namesEtag(ifMatch, object.etag)) return "failed";
  } else if (wasModifiedSince(headers.get("if-unmodified-since"), object.lastModifiedMs) === true)
    return "failed";

  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) return namesEtag(ifNoneMatch, object.etag) ? "not-modified" : "proceed";
  const modified = wasModifiedSince(headers.get("if-modified-since"), object.lastModifiedMs);
  return modified === false ? "not-modified" : "proceed";
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

/**
 * `If-Match` and `If-None-Match` of a write, and DeleteObject's `x-amz-if-match-size` and
 * `x-amz-if-match-last-modified-time`.
 *
 * @throws S3Error NotImplemented for an `If-None-Match` other than `*`, and for both headers at once; InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function parseWriteConditions(headers: Headers): WriteConditions {
  const ifMatch = headers.get("if-match");
  const ifNoneMatch = headers.get("if-none-match");
  const size = headers.get("x-amz-if-match-size");
  const lastModified = headers.get("x-amz-if-match-last-modified-time");
  if (ifMatch === null && ifNoneMatch === null && size === null && lastModified === null)
    return NO_CONDITIONS;
  if (ifMatch !== null && ifNoneMatch !== null)
    throw notImplemented(
      "If-Match,If-None-Match",
      "Multiple conditional request headers present in the request",
    );
  if (ifNoneMatch !== null && ifNoneMatch.trim() !== "*")
    throw notImplemented(
      "If-None-Match",
      "We don't accept the provided value of If-None-Match header for this API",
    );
  return {
    ifMatch: ifMatch === null ? undefined : unquoteEtag(ifMatch.trim()),
    ifNoneMatch: ifNoneMatch === null ? undefined : "*",
    ifMatchSizeBytes: size === null ? undefined : parseSize(size),
    ifMatchLastModifiedSeconds: lastModified === null ? undefined : parseSeconds(lastModified),
  };
}

/**
 * What a write under these conditions finds. A missing key fails every `If-Match` as NoSuchKey, in a DELETE too; size and
 * time alone do not ask for the object to be there.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export function checkWriteConditions(
  conditions: WriteConditions,
  existing:
    | { readonly etag: string; readonly sizeBytes: number; readonly lastModifiedMs: number }
    | undefined,
): "ok" | "PreconditionFailed" | "NoSuchKey" {
  const { ifMatch, ifNoneMatch, ifMatchSizeBytes, ifMatchLastModifiedSeconds } = conditions;
  if (existing === undefined) return ifMatch === undefined ? "ok" : "NoSuchKey";
  const isMet =
    ifNoneMatch === undefined &&
    (ifMatch === undefined || ifMatch === "*" || ifMatch === existing.etag) &&
    (ifMatchSizeBytes === undefined || ifMatchSizeBytes === existing.sizeBytes) &&
    (ifMatchLastModifiedSeconds === undefined ||
      ifMatchLastModifiedSeconds === Math.floor(existing.lastModifiedMs / 1000));
  return isMet ? "ok" : "PreconditionFailed";
}

function parseSize(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw invalidArgument("Invalid argument", "x-amz-if-match-size", text);
  return Number(text);
}

function parseSeconds(text: string): number {
  const timeMs = parseHttpDate(text);
  if (timeMs === undefined)
    throw invalidArgument("Invalid argument", "x-amz-if-match-last-modified-time", text);
  return timeMs / 1000;
}

function notImplemented(header: string, additionalMessage: string): S3Error {
  return new S3Error("NotImplemented", { fields: { Header: header, additionalMessage } });
}
