import type { ListQuery } from "../../ports/bucket-index.ts";
import { commonPrefix, endOfPrefix, type Leap } from "./fold.ts";

/**
 * The least text that is greater than all keys with the common prefix of `step.key`: that prefix, and a byte that UTF-8
 * does not have. NULL when the key is in none. Keys are cut as bytes, since SQLite's functions end a text at U+0000.
 */
const BEHIND_PREFIX = `
  substr(CAST(step.key AS BLOB), 1, ?3 + length(CAST(?4 AS BLOB)) - 1
    + nullif(instr(substr(CAST(step.key AS BLOB), ?3 + 1), CAST(?4 AS BLOB)), 0)) || x'FF'`;

/** Whether `step.key` is listed itself. */
export const IS_LISTED = `${BEHIND_PREFIX} IS NULL`;

/**
 * The rows `step(key, run)`: from a key on, the first key of each common prefix, and the keys between them that are in
 * none; of these `run` stand in front of the key. Each takes one search in the index of each table, whatever the common
 * prefixes hold.
 *
 * Bindings: 1 the key to begin with, 2 the end, 3 the length of the prefix in bytes, 4 the delimiter, 5 how many keys in
 * a row may be in no common prefix, 6 the limit.
 */
export function stepsThrough(...tables: readonly string[]): string {
  const least = tables.map(
    (table) => `SELECT MIN(key) AS key FROM ${table}
      WHERE key >= coalesce(${BEHIND_PREFIX}, step.key || x'00') AND key < ?2`,
  );
  const [only = ""] = least;
  const leastOfAll =
    least.length === 1 ? only : `SELECT MIN(key) FROM (${least.join(" UNION ALL ")})`;
  return `WITH RECURSIVE step(key, run) AS (
    SELECT ?1, 0
    UNION ALL
    SELECT (${leastOfAll}), iif(${IS_LISTED}, run + 1, 0)
    FROM step WHERE step.key IS NOT NULL AND run < ?5
  )`;
}

type Folding = Pick<ListQuery, "prefix" | "delimiter">;

/** The bindings of a query with {@link stepsThrough}. */
export function stepBindings(
  from: string,
  { prefix, delimiter }: Folding,
  maxRun: number,
  limit: number,
): SqlStorageValue[] {
  return [from, endOfPrefix(prefix), Buffer.byteLength(prefix), delimiter, maxRun, limit];
}

/** For tables that may have several rows for a key: the keys of {@link stepsThrough}. */
export function leapQuery(...tables: readonly string[]): string {
  return `${stepsThrough(...tables)}
    SELECT key FROM step WHERE key IS NOT NULL AND run < ?5 LIMIT ?6`;
}

/** From common prefix to common prefix, as far as they follow each other; it goes on with the key behind them. */
export function leapOverPrefixes(
  sql: SqlStorage,
  query: string,
  from: string,
  folding: Folding,
  limit: number,
): Leap<never, string> {
  const rows = sql.exec(query, ...stepBindings(from, folding, 1, limit)).raw<[string]>();
  const found = Array.from(rows, ([key]) => key);
  const last = found.at(-1);
  if (last === undefined || commonPrefix(last, folding.prefix, folding.delimiter) !== undefined)
    return { found, next: undefined };
  return { found: found.slice(0, -1), next: last };
}
