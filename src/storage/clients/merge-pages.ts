import { compareUtf8 } from "../../lib/utf8-order.ts";
import {
  entryName,
  type ListEntry,
  type VersionEntry,
  type VersionSummary,
} from "../ports/bucket-index.ts";
import type { UploadEntry } from "../ports/upload-index.ts";

interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly isTruncated: boolean;
}

/**
 * One page of what the pages of all shards hold: each has the first `limit` entries of its shard, so the first `limit` of
 * the union are among them. Entries that compare as equal are one: a common prefix comes from each shard that has it.
 */
export function mergePages<Entry>(
  pages: readonly Page<Entry>[],
  limit: number,
  compare: (a: Entry, b: Entry) => number,
): Page<Entry> {
  const [only] = pages;
  if (pages.length === 1 && only !== undefined) return only;
  const sorted = pages.flatMap((page) => page.entries).toSorted(compare);
  const entries = sorted.filter((entry, i) => {
    const previous = sorted[i - 1];
    return previous === undefined || compare(previous, entry) !== 0;
  });
  const isTruncated = entries.length > limit || pages.some((page) => page.isTruncated);
  return { entries: entries.slice(0, limit), isTruncated };
}

export function compareEntries(a: ListEntry, b: ListEntry): number {
  return compareUtf8(entryName(a), entryName(b));
}

/** A common prefix never equals an upload's key under the same delimiter: a key that holds it is folded. */
export function compareUploadEntries(a: UploadEntry, b: UploadEntry): number {
  const byName = compareUtf8(entryName(a), entryName(b));
  if (byName !== 0 || a.kind === "prefix" || b.kind === "prefix") return byName;
  return a.upload.uploadId < b.upload.uploadId ? -1 : Number(a.upload.uploadId > b.upload.uploadId);
}

/**
 * As {@link mergePages}. While a key moves, two shards may have of its versions: what one of them calls the latest is so only if the
 * other agrees.
 */
export function mergeVersionPages(
  pages: readonly Page<VersionEntry>[],
  limit: number,
): Page<VersionEntry> {
  const merged = mergePages(pages, limit, compareVersionEntries);
  if (pages.length === 1) return merged;
  const older = new Set<string>();
  for (const { entries } of pages)
    for (const entry of entries)
      if (entry.kind === "version" && !entry.version.isLatest) older.add(idOf(entry.version));
  const entries = merged.entries.map((entry, i) => {
    if (entry.kind === "prefix" || !entry.version.isLatest) return entry;
    const before = merged.entries[i - 1];
    const isBehindNewer = before !== undefined && entryName(before) === entryName(entry);
    if (!isBehindNewer && !older.has(idOf(entry.version))) return entry;
    return { ...entry, version: { ...entry.version, isLatest: false } };
  });
  return { ...merged, entries };
}

function idOf({ object, sequence }: VersionSummary): string {
  return `${sequence} ${object.key}`;
}

/** The newest version of a key first: a shard's sequence tells, and what has moved was written before all that is since. */
function compareVersionEntries(a: VersionEntry, b: VersionEntry): number {
  const byName = compareUtf8(entryName(a), entryName(b));
  if (byName !== 0 || a.kind === "prefix" || b.kind === "prefix") return byName;
  return b.version.sequence - a.version.sequence;
}
