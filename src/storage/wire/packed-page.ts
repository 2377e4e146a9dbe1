import type { ListEntry, ListPage } from "../ports/bucket-index.ts";
import { summaryOf, type SummaryValues } from "./summary.ts";

/**
 * A page on its way to the gateway, where {@link unpackPage} makes a `ListPage` of it. Arrays, since the runtime takes
 * twice as long to copy a thousand objects with named fields (measured 2026-11).
 */
export interface PackedPage {
  /** A string is a common prefix. */
  readonly entries: readonly (SummaryValues | string)[];
  readonly isTruncated: boolean;
}

export function unpackPage({ entries, isTruncated }: PackedPage): ListPage {
  return { entries: entries.map(unpackEntry), isTruncated };
}

function unpackEntry(entry: SummaryValues | string): ListEntry {
  if (typeof entry === "string") return { kind: "prefix", prefix: entry };
  return { kind: "object", object: summaryOf(entry) };
}
