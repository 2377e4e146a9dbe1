import type { FindingPage } from "../../ports/shard-inspection.ts";
import type { VersionRow } from "../rows/object-row.ts";
import { walkVersions } from "../rows/walk-versions.ts";
import { PAGE_ROWS } from "./shard-check.ts";

/**
 * A page of the versions with which something is wrong, each by itself.
 *
 * @param columns as in {@link walkVersions}
 * @param judge says what is wrong; undefined: nothing
 */
export function judgeVersions<Row extends VersionRow>(
  sql: SqlStorage,
  after: string,
  columns: string,
  judge: (row: Row) => string | undefined,
): FindingPage {
  const { rows, next } = walkVersions<Row>(sql, after, PAGE_ROWS, columns);
  const findings = rows.flatMap((row) => {
    const detail = judge(row);
    return detail === undefined ? [] : [{ subject: subjectOf(row), detail }];
  });
  return { findings, next };
}

/** A version, by what no damage to its id can hide. */
function subjectOf({ key, sequence }: VersionRow): string {
  return JSON.stringify([key, sequence]);
}

/** Undefined: it is no such subject. */
export function versionOfSubject(
  subject: string,
): { readonly key: string; readonly sequence: number } | undefined {
  const [key, sequence] = JSON.parse(subject) as readonly unknown[];
  return typeof key === "string" && typeof sequence === "number" ? { key, sequence } : undefined;
}
