import { compareUtf8, successorOfPrefix } from "../../../lib/utf8-order.ts";
import type { ListQuery } from "../../ports/bucket-index.ts";

/** SQLite sorts any blob after any text: an upper bound for prefixes that have no successor. */
export const AFTER_ALL_TEXT = new ArrayBuffer(0);

/**
 * How many rows are read at first where a common prefix may come, so that few are read in vain when one does. As long as
 * none comes, each reading is longer than the one before, since a statement costs as much as a few dozen rows (measured 2026-11).
 */
const FIRST_READING = 32;
const READING_GROWTH = 8;

/** Rows in the order of their keys' UTF-8 bytes, as the index of a table has them. */
export interface OrderedRows<Row, Position> {
  /** The rows from a position on, at most `limit`. */
  scan(from: Position, limit: number): readonly Row[];
  keyOf(row: Row): string;
  behind(row: Row): Position;
  /** What comes from a key on that is in a common prefix; at most `limit` of it. */
  leap(from: string, limit: number): Leap<Row, Position>;
}

export interface Leap<Row, Position> {
  /** A string is the first key of a common prefix, and stands for all that it holds. */
  readonly found: readonly (Row | string)[];
  /** Where it goes on; undefined: nowhere, or what was found is as much as was wanted. */
  readonly next: Position | undefined;
}

/** Rows and, as strings, common prefixes. */
export interface FoldedPage<Row> {
  readonly entries: readonly (Row | string)[];
  readonly isTruncated: boolean;
}

/**
 * One page in the order of keys and common prefixes. What a common prefix holds is not read.
 *
 * @param start where the page begins; undefined: behind everything
 */
export function foldedPage<Row, Position>(
  rows: OrderedRows<Row, Position>,
  { prefix, delimiter, limit }: Omit<ListQuery, "after">,
  start: Position | undefined,
): FoldedPage<Row> {
  const prefixOf = (key: string): string | undefined => commonPrefix(key, prefix, delimiter);
  const entries: (Row | string)[] = [];
  let from = start;
  let reading = delimiter === "" ? limit + 1 : FIRST_READING;
  while (from !== undefined && entries.length <= limit) {
    const wanted = Math.min(reading, limit + 1 - entries.length);
    const found = rows.scan(from, wanted);
    const end = found.findIndex((row) => prefixOf(rows.keyOf(row)) !== undefined);
    const folded = found[end];
    if (folded === undefined) {
      entries.push(...found);
      const last = found.at(-1);
      from = last === undefined || found.length < wanted ? undefined : rows.behind(last);
      reading *= READING_GROWTH;
    } else {
      entries.push(...found.slice(0, end));
      const leap = rows.leap(rows.keyOf(folded), limit + 1 - entries.length);
      for (const entry of leap.found)
        entries.push(typeof entry === "string" ? (prefixOf(entry) ?? entry) : entry);
      from = leap.next;
      reading = FIRST_READING;
    }
  }
  const isTruncated = entries.length > limit;
  if (isTruncated) entries.pop();
  return { entries, isTruncated };
}

/** The part of `key` up to and with the first delimiter behind `prefix`; undefined when the key is listed itself. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Whether a listing names this key itself, which then may have entries behind the one that a marker names. */
export function isListedItself(
  key: string,
  { prefix, delimiter }: Pick<ListQuery, "prefix" | "delimiter">,
): boolean {
  return key.startsWith(prefix) && commonPrefix(key, prefix, delimiter) === undefined;
}

/**
 * The least key that a page may begin with; undefined when there is none. A common prefix that is not greater than
 * `after` is not listed, as AWS documents for `start-after` and `key-marker`: one that `after` lies in is left out whole
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html).
 */
export function firstKey({
  prefix,
  delimiter,
  after,
}: Omit<ListQuery, "limit">): string | undefined {
  const folded = after.startsWith(prefix) ? commonPrefix(after, prefix, delimiter) : undefined;
  if (folded !== undefined) return successorOfPrefix(folded);
  // Nothing lies between a string and the same string followed by U+0000.
  if (after !== "" && compareUtf8(after, prefix) >= 0) return `${after}\0`;
  return prefix;
}

/** All keys with the prefix are less. */
export function endOfPrefix(prefix: string): string | ArrayBuffer {
  return successorOfPrefix(prefix) ?? AFTER_ALL_TEXT;
}
