import { parseHttpDate } from "../lib/http-date.ts";
import { invalidArgument, S3Error } from "./errors.ts";
import { unquoteEtag } from "./etag.ts";

/** Conditions of a write, decided inside its transaction. Undefined: not given. */
export interface WriteConditions {
  /** An ETag without quotes, or `*`. */
  readonly ifMatch: string | undefined;
  /** An ETag without quotes, or `*`. */
  readonly ifNoneMatch: string | undefined;
  /** `x-amz-if-match-size` (DeleteObject). */
  readonly ifMatchSizeBytes: number | undefined;
  /** `x-amz-if-match-last-modified-time` (DeleteObject), in whole seconds. */
  readonly ifMatchLastModifiedSeconds: number | undefined;
  /** Ledge's own: the object must be the one that a certain write made. */
  readonly ifSequence: number | undefined;
}

export const NO_CONDITIONS: WriteConditions = {
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifMatchSizeBytes: undefined,
  ifMatchLastModifiedSeconds: undefined,
  ifSequence: undefined,
};

const DATE_HEADERS = [
  ["if-unmodified-since", "If-Unmodified-Since"],
  ["if-modified-since", "If-Modified-Since"],
] as const;

/** Why a conditional write or delete was not done. */
export type ConditionRefusal =
  | { readonly ok: false; readonly reason: "NoSuchKey" }
  | {
      readonly ok: false;
      readonly reason: "PreconditionFailed";
      /** The header that was not met, as AWS spells it in `<Condition>`. */
      readonly condition: string;
    };

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

/**
 * `If-Match`, an ETag, and `If-None-Match`, which can only be `*`, of a write.
 *
 * @param dates are compared by who calls this, in RenameObject
 * @throws S3Error NotImplemented for other values, for both headers at once, and for a date
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html,
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_api.snapshot.json
 */
export function parseWriteConditions(
  headers: Headers,
  dates: "refused" | "compared" = "refused",
): WriteConditions {
  const conditions = parseRemovalConditions(headers, dates);
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch === "*") throw notAccepted("If-Match");
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") throw notAccepted("If-None-Match");
  return conditions;
}

function notAccepted(header: string): S3Error {
  return notImplemented(
    header,
    `We don't accept the provided value of ${header} header for this API`,
  );
}

/**
 * The conditions of DeleteObject: `If-Match`, an ETag or `*`, `x-amz-if-match-size`, and
 * `x-amz-if-match-last-modified-time`. A date that AWS does not know there, or in a write, is refused: who sends
 * `If-Unmodified-Since` would lose what they mean to protect.
 *
 * @throws S3Error NotImplemented for `If-Match` and `If-None-Match` at once, and for a date; InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export function parseRemovalConditions(
  headers: Headers,
  dates: "refused" | "compared" = "refused",
): WriteConditions {
  if (dates === "refused")
    for (const [lowerCase, name] of DATE_HEADERS)
      if (headers.has(lowerCase)) throw notImplemented(name);
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
  return {
    ...NO_CONDITIONS,
    ifMatch: ifMatch === null ? undefined : unquoteEtag(ifMatch.trim()),
    ifNoneMatch: ifNoneMatch === null ? undefined : unquoteEtag(ifNoneMatch.trim()),
    ifMatchSizeBytes: size === null ? undefined : parseSize(size),
    ifMatchLastModifiedSeconds: lastModified === null ? undefined : parseSeconds(lastModified),
  };
}

/**
 * Why an effect under these conditions may not happen; undefined: it may. A missing key fails every `If-Match` as
 * NoSuchKey, in a DELETE too; size and time alone do not ask for the object to be there.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export function checkWriteConditions(
  conditions: WriteConditions,
  existing: WrittenOver | undefined,
): ConditionRefusal | undefined {
  if (existing === undefined)
    return conditions.ifMatch === undefined ? undefined : { ok: false, reason: "NoSuchKey" };
  const condition = unmetCondition(conditions, existing);
  return condition === undefined
    ? undefined
    : { ok: false, reason: "PreconditionFailed", condition };
}

/** What has the key now. */
interface WrittenOver {
  readonly etag: string;
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  readonly sequence: number;
}

function unmetCondition(
  {
    ifMatch,
    ifNoneMatch,
    ifMatchSizeBytes,
    ifMatchLastModifiedSeconds,
    ifSequence,
  }: WriteConditions,
  { etag, sizeBytes, lastModifiedMs, sequence }: WrittenOver,
): string | undefined {
  if (ifNoneMatch === "*" || ifNoneMatch === etag) return "If-None-Match";
  if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== etag) return "If-Match";
  if (ifSequence !== undefined && ifSequence !== sequence) return "If-Match";
  if (ifMatchSizeBytes !== undefined && ifMatchSizeBytes !== sizeBytes)
    return "x-amz-if-match-size";
  const isOfThatTime =
    ifMatchLastModifiedSeconds === undefined ||
    ifMatchLastModifiedSeconds === Math.floor(lastModifiedMs / 1000);
  return isOfThatTime ? undefined : "x-amz-if-match-last-modified-time";
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

function notImplemented(header: string, additionalMessage?: string): S3Error {
  const fields = { Header: header, ...(additionalMessage !== undefined && { additionalMessage }) };
  return new S3Error("NotImplemented", { fields });
}
