import { boundaryOf, LAST_TEXT, PAGE_FINDINGS, PAGE_RANGE, pageOf } from "./shard-check.ts";
import type { ShardCheck } from "./shard-check.ts";

/** Which of the two it is decides what becomes of it as garbage: a blob is deleted, or a hold goes back. */
export const contentHomes: ShardCheck = {
  name: "content-homes",
  means: "a content of this shard has a hold's token, or one of another shard has none",
  find({ sql, state }, after) {
    const boundary = boundaryOf(sql, "content", "content_id", after, PAGE_RANGE);
    const prefix = `${state.name}/`;
    const rows = sql.exec<{ content_id: string; hold_token: string | null }>(
      `SELECT content_id, hold_token FROM content WHERE content_id > ?1 AND content_id <= ?2
       AND (substr(content_id, 1, ?3) = ?4) = (hold_token IS NOT NULL)
       ORDER BY content_id LIMIT ?5`,
      after,
      boundary ?? LAST_TEXT,
      prefix.length,
      prefix,
      PAGE_FINDINGS,
    );
    const findings = rows.toArray().map((row) => ({
      subject: row.content_id,
      detail:
        row.hold_token === null
          ? "is another shard's, and has no hold there"
          : `is this shard's own, and has the token ${row.hold_token}`,
    }));
    return pageOf(findings, boundary);
  },
};
