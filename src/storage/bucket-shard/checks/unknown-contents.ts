import type { Transaction } from "../transaction.ts";
import { contentRange, COUNTED_OF_RANGE, countReferences } from "./count-references.ts";
import { PAGE_FINDINGS, pageOf, type ShardCheck } from "./shard-check.ts";

/** Without its row, the sweep takes the blob for an orphan. */
export const unknownContents: ShardCheck = {
  name: "unknown-contents",
  means: "something refers to a content that the shard does not know, which the sweep would delete",
  repair: "makes the content known again, if it is this shard's own",
  find({ sql }, after) {
    const { upTo, boundary } = contentRange(sql, after);
    const rows = sql.exec<{ id: string; count: number }>(
      `${COUNTED_OF_RANGE}
       SELECT id, count FROM counted
       WHERE NOT EXISTS (SELECT 1 FROM content WHERE content_id = id) ORDER BY id LIMIT ?3`,
      after,
      upTo,
      PAGE_FINDINGS,
    );
    const findings = rows.toArray().map(({ id, count }) => ({
      subject: id,
      detail: `is unknown, and is referred to ${count} times`,
    }));
    return pageOf(findings, boundary);
  },
  mend: (transaction, subjects) => subjects.filter((id) => makeKnown(transaction, id)),
};

function makeKnown({ sql, state }: Transaction, contentId: string): boolean {
  // To another shard's content a hold would be needed, which that shard may have no content for any more.
  if (!state.isHome(contentId)) return false;
  const count = countReferences(sql, contentId);
  if (count === 0) return false;
  const { rowsWritten } = sql.exec(
    "INSERT OR IGNORE INTO content (content_id, reference_count) VALUES (?, ?)",
    contentId,
    count,
  );
  return rowsWritten > 0;
}
