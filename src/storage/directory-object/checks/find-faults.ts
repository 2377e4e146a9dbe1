import type { FindingPage } from "../../ports/shard-inspection.ts";
import type { AuditEntry } from "../../ports/audit-log.ts";
import { recordEvent } from "../audit.ts";
import { DIRECTORY_CHECKS, type Fault } from "./directory-checks.ts";

const PAGE_FINDINGS = 1000;

/** A page of what a check finds. @returns undefined: there is no such check */
export function findFaults(sql: SqlStorage, name: string, after: string): FindingPage | undefined {
  const check = DIRECTORY_CHECKS.find((each) => each.name === name);
  if (check === undefined) return undefined;
  const found = check.faults
    .flatMap((fault) => rowsOf(sql, fault, after))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.subject), Buffer.from(b.subject)));
  const findings = found.slice(0, PAGE_FINDINGS);
  const next = found.length > PAGE_FINDINGS ? findings.at(-1)?.subject : undefined;
  return { findings, next };
}

function rowsOf(sql: SqlStorage, fault: Fault, after: string) {
  const query = `SELECT ${subjectOf(fault)} AS subject FROM ${fault.table}
    WHERE (${fault.condition}) AND ${subjectOf(fault)} > ? ORDER BY subject LIMIT ?`;
  return sql
    .exec<{ subject: string }>(query, after, PAGE_FINDINGS + 1)
    .toArray()
    .map(({ subject }) => ({ subject, detail: fault.detail }));
}

/** Deletes those that are still wrong. @returns them */
export function mendFaults(
  sql: SqlStorage,
  name: string,
  subjects: readonly string[],
  audit: AuditEntry | undefined,
): readonly string[] {
  const check = DIRECTORY_CHECKS.find((each) => each.name === name);
  if (check?.repair === undefined) return [];
  const mended = subjects.filter((subject) =>
    check.faults.some(
      (fault) =>
        sql
          .exec(
            `DELETE FROM ${fault.table} WHERE (${fault.condition}) AND ${subjectOf(fault)} = ? RETURNING 1`,
            subject,
          )
          .toArray().length > 0,
    ),
  );
  if (mended.length > 0 && audit !== undefined) recordEvent(sql, audit);
  return mended;
}

function subjectOf({ table, name }: Fault): string {
  return `('${table} ' || ${name})`;
}
