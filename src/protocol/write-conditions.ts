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

/** Why a conditional write or delete was not done. */
export type ConditionRefusal =
  | { readonly ok: false; readonly reason: "NoSuchKey" }
  | {
      readonly ok: false;
      readonly reason: "PreconditionFailed";
      /** The header that was not met, as AWS spells it in `<Condition>`. */
      readonly condition: string;
    };

const DATE_HEADERS = [
  ["if-unmodified-since", "If-Unmodified-Since"],
  ["if-modified-since", "If-Modified-Since"],
] as const;

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
