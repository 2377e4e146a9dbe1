import type { WireConditions } from "../src/protocol/r2/wire.ts";

/** An `onlyIf` of R2, which may be headers. */
export function conditionsOf(
  onlyIf: R2Conditional | Headers | undefined,
): WireConditions | undefined {
  if (onlyIf === undefined) return undefined;
  if (onlyIf instanceof Headers)
    return {
      etagMatches: etagsOf(onlyIf.get("if-match")),
      etagDoesNotMatch: etagsOf(onlyIf.get("if-none-match")),
      uploadedAfterMs: timeOf(onlyIf.get("if-modified-since")),
      uploadedBeforeMs: timeOf(onlyIf.get("if-unmodified-since")),
      inSeconds: true,
    };
  const { etagMatches, etagDoesNotMatch, uploadedAfter, uploadedBefore } = onlyIf;
  return {
    etagMatches: etagsOf(etagMatches ?? null),
    etagDoesNotMatch: etagsOf(etagDoesNotMatch ?? null),
    uploadedAfterMs: uploadedAfter?.getTime(),
    uploadedBeforeMs: uploadedBefore?.getTime(),
    inSeconds: onlyIf.secondsGranularity,
  };
}

/** Without their quotes and weak marks. */
function etagsOf(text: string | null): readonly string[] | undefined {
  return text === null
    ? undefined
    : text.split(",").map((each) => each.trim().replace(/^(?:W\/)?"|"$/g, ""));
}

function timeOf(date: string | null): number | undefined {
  const timeMs = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** A `range` of R2, as the header has it. @throws RangeError for what is no range */
export function rangeHeaderOf(range: R2Range | Headers | undefined): string | undefined {
  if (range === undefined) return undefined;
  if (range instanceof Headers) return range.get("range") ?? undefined;
  if ("suffix" in range) return `bytes=-${whole("suffix", range.suffix)}`;
  const offset = whole("offset", range.offset ?? 0);
  if (range.length === undefined) return `bytes=${offset}-`;
  const length = whole("length", range.length);
  if (length === 0) throw new RangeError("Invalid range. Length must be greater than 0.");
  return `bytes=${offset}-${offset + length - 1}`;
}

function whole(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`Invalid range. ${name} (${value}) must be a whole number from 0 on.`);
}
