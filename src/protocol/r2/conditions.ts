import type { WireConditions, WireObject } from "./wire.ts";

/**
 * Whether an operation of R2 may go on, by what there is. A time beside an ETag gives way to it, as RFC 9110 has it.
 *
 * @param object undefined: there is none
 * Source: https://developers.cloudflare.com/r2/api/workers/workers-api-reference/#conditional-operations
 */
export function meets(
  conditions: WireConditions,
  object: Pick<WireObject, "etag" | "uploadedMs"> | undefined,
): boolean {
  const { etagMatches, etagDoesNotMatch, uploadedAfterMs, uploadedBeforeMs } = conditions;
  if (object === undefined) return etagMatches === undefined && uploadedAfterMs === undefined;
  const { etag, uploadedMs } = object;
  const of = (timeMs: number): number =>
    conditions.inSeconds === true ? Math.floor(timeMs / 1000) : timeMs;
  const uploaded = of(uploadedMs);
  if (etagMatches !== undefined) {
    if (!names(etagMatches, etag)) return false;
  } else if (uploadedBeforeMs !== undefined && uploaded >= of(uploadedBeforeMs)) return false;
  if (etagDoesNotMatch !== undefined) return !names(etagDoesNotMatch, etag);
  return uploadedAfterMs === undefined || uploaded > of(uploadedAfterMs);
}

function names(etags: readonly string[], etag: string): boolean {
  return etags.includes("*") || etags.includes(etag);
}
