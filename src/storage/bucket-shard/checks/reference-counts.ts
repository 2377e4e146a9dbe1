import type { Transaction } from "../transaction.ts";
import { contentRange, COUNTED_OF_RANGE, countReferences } from "./count-references.ts";
import { PAGE_FINDINGS, pageOf, type ShardCheck } from "./shard-check.ts";

type CountRow = {
  content_id: string;
  reference_count: number;
  garbage_due_ms: number | null;
  count: number;
};

/** What ends bytes: a count that is too low would delete what is in use, and one that is too high keeps what nobody has. */
export const referenceCounts: ShardCheck = {
  name: "reference-counts",
  means: "a content counts other references than it has, or waits for its end although it has some",
  repair: "counts them; a content without any becomes garbage, and waits for its last reader",
  find({ sql }, after) {
    const { upTo, boundary } = contentRange(sql, after);
    const rows = sql.exec<CountRow>(
      `${COUNTED_OF_RANGE}
       SELECT content_id, reference_count, garbage_due_ms, COALESCE(count, 0) AS count
       FROM content LEFT JOIN counted ON id = content_id
       WHERE content_id > ?1 AND content_id <= ?2
       AND (reference_count <> COALESCE(count, 0) OR (reference_count = 0) = (garbage_due_ms IS NULL))
       ORDER BY content_id LIMIT ?3`,
      after,
      upTo,
      PAGE_FINDINGS,
    );
    const findings = rows.toArray().map((row) => ({
      subject: row.content_id,
      detail: `counts ${row.reference_count} references, and has ${row.count}${
        row.garbage_due_ms === null ? "" : "; it is garbage"
      }`,
    }));
    return pageOf(findings, boundary);
  },
  mend: (transaction, subjects) => subjects.filter((id) => recount(transaction, id)),
};

/** @returns false when it was as it should be */
export function recount(
  { sql, nowMs, settings, schedule }: Transaction,
  contentId: string,
): boolean {
  const count = countReferences(sql, contentId);
  const garbageDueMs = count === 0 ? nowMs + settings.garbageDelayMs : null;
  const { rowsWritten } = sql.exec(
    `UPDATE content SET reference_count = ?1, garbage_due_ms = ?2 WHERE content_id = ?3
     AND (reference_count <> ?1 OR (garbage_due_ms IS NULL) <> (?2 IS NULL))`,
    count,
    garbageDueMs,
    contentId,
  );
  if (garbageDueMs !== null) schedule("garbage", garbageDueMs);
  return rowsWritten > 0;
}
