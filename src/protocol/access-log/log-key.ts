import type { LogDestination } from "./log-destination.ts";

/**
 * The key of a log object: `<prefix>2026-11-26-21-50-51-3D2A…`; where the prefix is partitioned
 * `<prefix><account>/<region>/<bucket>/2026/11/26/2026-11-26-…`. By the date of the events, it has no time of the day.
 *
 * @param timeMs of the delivery; by the date of the events, any of their day
 * @param unique 16 characters
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#server-log-keyname-format
 */
export function logKey(
  { prefix, partition, source }: LogDestination,
  timeMs: number,
  unique: string,
): string {
  const [date = "", time = ""] = new Date(timeMs).toISOString().split("T");
  const clock = partition === "EventTime" ? "00-00-00" : time.slice(0, 8).replaceAll(":", "-");
  const folders =
    partition === undefined
      ? ""
      : `${source.accountId}/${source.region}/${source.bucket}/${date.replaceAll("-", "/")}/`;
  return `${prefix}${folders}${date}-${clock}-${unique}`;
}
