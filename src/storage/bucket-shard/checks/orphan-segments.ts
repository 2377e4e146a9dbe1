import type { Transaction } from "../transaction.ts";
import { countReferences } from "./count-references.ts";
import { boundaryOf, LAST_TEXT, PAGE_FINDINGS, PAGE_ROWS, pageOf } from "./shard-check.ts";
import type { ShardCheck } from "./shard-check.ts";

export const orphanSegments: ShardCheck = {
  name: "orphan-segments",
  means: "there are segments of a content that nobody knows, which keep their blobs for ever",
  repair: "makes the content garbage, which is taken apart when its time comes",
  find({ sql }, after) {
    const boundary = boundaryOf(sql, "segment", "content_id", after, PAGE_ROWS);
    const rows = sql.exec<{ content_id: string; count: number }>(
      `SELECT content_id, COUNT(*) AS count FROM segment
       WHERE content_id > ?1 AND content_id <= ?2
       AND NOT EXISTS (SELECT 1 FROM content WHERE content.content_id = segment.content_id)
       GROUP BY content_id ORDER BY content_id LIMIT ?3`,
      after,
      boundary ?? LAST_TEXT,
      PAGE_FINDINGS,
    );
    const findings = rows.toArray().map(({ content_id: subject, count }) => ({
      subject,
      detail: `is unknown, and has ${count} segments`,
    }));
    return pageOf(findings, boundary);
  },
  mend: (transaction, subjects) => subjects.filter((id) => makeGarbage(transaction, id)),
};

function makeGarbage(
  { sql, state, nowMs, settings, schedule }: Transaction,
  contentId: string,
): boolean {
  // One that is referred to is `unknown-contents`'.
  if (!state.isHome(contentId) || countReferences(sql, contentId) > 0) return false;
  const garbageDueMs = nowMs + settings.garbageDelayMs;
  const { rowsWritten } = sql.exec(
    `INSERT OR IGNORE INTO content (content_id, reference_count, garbage_due_ms)
     SELECT ?1, 0, ?2 WHERE EXISTS (SELECT 1 FROM segment WHERE content_id = ?1)`,
    contentId,
    garbageDueMs,
  );
  if (rowsWritten > 0) schedule("garbage", garbageDueMs);
  return rowsWritten > 0;
}
