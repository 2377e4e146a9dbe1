import type { ListQuery } from "../../ports/bucket-index.ts";
import type { PackedPage } from "../../wire/packed-page.ts";
import type { SummaryValues } from "../../wire/summary.ts";
import { endOfPrefix, firstKey, foldedPage, type Leap } from "../rows/fold.ts";
import { IS_LISTED, stepBindings, stepsThrough } from "../rows/leap.ts";
import { SUMMARY_COLUMNS, SUMMARY_OF_KEY } from "../rows/object-row.ts";

const QUERY = `SELECT ${SUMMARY_COLUMNS} FROM object WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`;

/** A key in a common prefix comes without the rest of its row. */
const LEAP_QUERY = `${stepsThrough("object")}
  SELECT step.key, ${SUMMARY_OF_KEY} FROM step
  LEFT JOIN object ON object.key = step.key AND ${IS_LISTED}
  WHERE step.key IS NOT NULL AND run < ?5 LIMIT ?6`;

/**
 * A row costs twice as much when it is found by a step as when it is found by a scan (measured 2026-11). So after this many rows
 * without a common prefix, the page goes on with a scan.
 */
const MAX_RUN = 32;

/** One page in the order of the keys' UTF-8 bytes. Its cost follows from what it returns. */
export function listObjects(sql: SqlStorage, query: ListQuery): PackedPage {
  const end = endOfPrefix(query.prefix);
  return foldedPage<SummaryValues, string>(
    {
      scan: (from, limit) => [...sql.exec(QUERY, from, end, limit).raw<SummaryValues>()],
      keyOf: ([key]) => key,
      behind: ([key]) => `${key}\0`,
      leap: (from, limit) => leap(sql, query, from, limit),
    },
    query,
    firstKey(query),
  );
}

function leap(
  sql: SqlStorage,
  query: ListQuery,
  from: string,
  limit: number,
): Leap<SummaryValues, string> {
  const rows = sql
    .exec(LEAP_QUERY, ...stepBindings(from, query, MAX_RUN, limit))
    .raw<SummaryValues | [key: string, ...null[]]>();
  const found = Array.from(rows, (row) => (isWhole(row) ? row : row[0]));
  const run = found.length - 1 - found.findLastIndex((entry) => typeof entry === "string");
  const last = found.at(-1);
  return { found, next: run === MAX_RUN && typeof last === "object" ? `${last[0]}\0` : undefined };
}

function isWhole(row: SummaryValues | [key: string, ...null[]]): row is SummaryValues {
  return row[1] !== null;
}
