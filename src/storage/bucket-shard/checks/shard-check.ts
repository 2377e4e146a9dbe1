import type { CheckDescription, Finding, FindingPage } from "../../ports/shard-inspection.ts";
import type { Shard } from "../shard.ts";
import type { Transaction } from "../transaction.ts";

/** Findings of one page: of a shard that is all wrong, more than anybody reads. */
export const PAGE_FINDINGS = 1000;

/** Rows that one page looks at by their own key. */
export const PAGE_ROWS = 2000;

/**
 * Rows of the table that is gone through, of a check that reads all objects for each page. A million objects take a second, for
 * which the shard answers nobody else.
 */
export const PAGE_RANGE = 100_000;

/** One thing that may be wrong within a shard, whoever made it so. */
export interface ShardCheck extends CheckDescription {
  /** One page of what is wrong, as of this moment. */
  readonly find: (shard: Shard, after: string) => FindingPage;
  /** Mends those that are still wrong, without taking away anything that is referred to. @returns them */
  readonly mend?: (transaction: Transaction, subjects: readonly string[]) => readonly string[];
}

/** Findings, and where to go on: behind the last of them if there may be more, else behind what was looked at. */
export function pageOf(findings: readonly Finding[], boundary: string | undefined): FindingPage {
  const last = findings.at(-1);
  if (findings.length >= PAGE_FINDINGS && last !== undefined)
    return { findings, next: last.subject };
  return { findings, next: boundary };
}

/** The last of the next `count` values of a column after that one; undefined: there are fewer. */
export function boundaryOf<Value extends number | string>(
  sql: SqlStorage,
  table: string,
  column: string,
  after: Value,
  count: number,
): Value | undefined {
  const query = `SELECT ${column} AS value FROM ${table} WHERE ${column} > ? ORDER BY ${column} LIMIT 1 OFFSET ?`;
  return sql.exec<{ value: Value }>(query, after, count - 1).toArray()[0]?.value;
}

/** More than any text that is an id. */
export const LAST_TEXT = "\u{10FFFF}";

/** More than any number. */
export const LAST_NUMBER = Number.MAX_SAFE_INTEGER;
