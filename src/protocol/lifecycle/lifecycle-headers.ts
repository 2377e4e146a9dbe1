import { urlEncode } from "../../lib/url-encoding.ts";
import { formatHttpDate } from "../../lib/http-date.ts";
import { dueTime, isAbout, type LifecycleEntry } from "./lifecycle-actions.ts";
import type { Lifecycle } from "./lifecycle.ts";

/**
 * `x-amz-expiration` of an object, the current version of its key; undefined: it does not expire. With days as they are,
 * whatever a day of the engine is.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export function expirationOf(
  lifecycle: Lifecycle,
  object: Pick<LifecycleEntry, "key" | "modifiedMs" | "sizeBytes" | "tags">,
): string | undefined {
  let earliestMs = Infinity;
  let ruleId = "";
  for (const rule of lifecycle.rulesOf(object.key)) {
    if (rule.expiration === undefined || !isAbout(rule, { ...object, isMarker: false })) continue;
    const dueMs = dueTime(object.modifiedMs, rule.expiration);
    if (dueMs >= earliestMs) continue;
    earliestMs = dueMs;
    ruleId = rule.id;
  }
  if (earliestMs === Infinity) return undefined;
  return `expiry-date="${formatHttpDate(earliestMs)}", rule-id="${urlEncode(ruleId)}"`;
}

/** When a rule aborts an upload. */
export interface UploadAbort {
  readonly abortMs: number;
  readonly ruleId: string;
}

/** Undefined: none does. @param dayMs of the engine; as they are when absent */
export function uploadAbortOf(
  lifecycle: Lifecycle,
  key: string,
  initiatedMs: number,
  dayMs?: number,
): UploadAbort | undefined {
  let earliest: UploadAbort | undefined;
  for (const { id, abortAfterDays } of lifecycle.rulesOf(key)) {
    if (abortAfterDays === undefined) continue;
    const abortMs = dueTime(initiatedMs, { days: abortAfterDays }, dayMs);
    if (earliest === undefined || abortMs < earliest.abortMs) earliest = { abortMs, ruleId: id };
  }
  return earliest;
}

/** `x-amz-expiration`. */
export function expirationHeaders(
  expiration: string | undefined,
): Readonly<Record<string, string>> {
  return expiration === undefined ? {} : { "x-amz-expiration": expiration };
}

/** `x-amz-abort-date` and `x-amz-abort-rule-id`. */
export function uploadAbortHeaders(
  abort: UploadAbort | undefined,
): Readonly<Record<string, string>> {
  if (abort === undefined) return {};
  return {
    "x-amz-abort-date": formatHttpDate(abort.abortMs),
    "x-amz-abort-rule-id": urlEncode(abort.ruleId),
  };
}
