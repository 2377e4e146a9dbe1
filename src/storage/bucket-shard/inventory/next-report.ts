import { textHash } from "../../../lib/text-hash.ts";

const DAY_MS = 86_400_000;
/** 1970 began on a Thursday. */
const FIRST_SUNDAY_MS = 3 * DAY_MS;
const MAX_JITTER_MS = 3_600_000;

/**
 * After midnight UTC, each bucket at another time; weekly ones on Sundays. Where a day is shorter than a day, after so long.
 *
 * @param name of the shard
 */
export function nextReportMs(
  dayMs: number,
  name: string,
  frequency: "Daily" | "Weekly",
  nowMs: number,
): number {
  if (dayMs !== DAY_MS) return nowMs + (frequency === "Weekly" ? 7 : 1) * dayMs;
  const [periodMs, firstMs] = frequency === "Weekly" ? [7 * DAY_MS, FIRST_SUNDAY_MS] : [DAY_MS, 0];
  const beginMs = firstMs + (textHash(name) % MAX_JITTER_MS);
  return Math.floor((nowMs - beginMs) / periodMs + 1) * periodMs + beginMs;
}
