import { boundaryOf, LAST_TEXT, PAGE_FINDINGS, PAGE_ROWS, pageOf } from "./shard-check.ts";
import type { ShardCheck } from "./shard-check.ts";

export const segments: ShardCheck = {
  name: "segments",
  means: "the segments of a content leave gaps, overlap, or reach beyond their blobs",
  find({ sql }, after) {
    const boundary = boundaryOf(sql, "segment", "content_id", after, PAGE_ROWS);
    // A list that waits for its end is being taken apart, from its beginning.
    const rows = sql.exec<{ id: string; offset_bytes: number }>(
      `SELECT id, MIN(offset_bytes) AS offset_bytes FROM (
         SELECT content_id AS id, offset_bytes, size_bytes, part_number, blob_offset_bytes, blob_size_bytes,
           COALESCE(LAG(offset_bytes + size_bytes) OVER in_order, 0) AS end_before,
           COALESCE(LAG(part_number) OVER in_order, 0) AS part_before
         FROM segment WHERE content_id > ?1 AND content_id <= ?2
         WINDOW in_order AS (PARTITION BY content_id ORDER BY offset_bytes)
       )
       WHERE (offset_bytes <> end_before OR part_number < part_before OR size_bytes < 0
         OR blob_offset_bytes < 0 OR blob_offset_bytes + size_bytes > blob_size_bytes)
       AND EXISTS (SELECT 1 FROM content WHERE content_id = id AND reference_count > 0)
       GROUP BY id ORDER BY id LIMIT ?3`,
      after,
      boundary ?? LAST_TEXT,
      PAGE_FINDINGS,
    );
    const findings = rows.toArray().map((row) => ({
      subject: row.id,
      detail: `its segments are wrong at byte ${row.offset_bytes}`,
    }));
    return pageOf(findings, boundary);
  },
};
