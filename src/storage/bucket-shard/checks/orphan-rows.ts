import { boundaryOf, LAST_NUMBER, PAGE_FINDINGS, PAGE_RANGE, pageOf } from "./shard-check.ts";
import type { ShardCheck } from "./shard-check.ts";

/** Rows of versions that may have rows of this kind, by their number. */
const OWNERS = {
  inline_body: `SELECT sequence FROM object WHERE content_id IS NULL
    UNION ALL SELECT sequence FROM version WHERE content_id IS NULL AND is_marker = 0`,
  annotation: `SELECT sequence FROM object UNION ALL SELECT sequence FROM version WHERE is_marker = 0`,
};

/** A check that a table has no rows but those of versions. */
function orphansOf(
  table: keyof typeof OWNERS,
  description: Pick<ShardCheck, "means" | "name">,
): ShardCheck {
  return {
    ...description,
    repair: "deletes them",
    find({ sql }, after) {
      const from = Number(after);
      const boundary = boundaryOf(sql, table, "sequence", from, PAGE_RANGE);
      const rows = sql.exec<{ sequence: number }>(
        `SELECT DISTINCT sequence FROM ${table} WHERE sequence > ?1 AND sequence <= ?2
         AND sequence NOT IN (
           SELECT sequence FROM (${OWNERS[table]}) WHERE sequence > ?1 AND sequence <= ?2
         )
         ORDER BY sequence LIMIT ?3`,
        from,
        boundary ?? LAST_NUMBER,
        PAGE_FINDINGS,
      );
      const findings = rows.toArray().map(({ sequence }) => ({
        subject: String(sequence),
        detail: "there is no version of this number that could have it",
      }));
      return pageOf(findings, boundary?.toString());
    },
    mend({ sql }, subjects) {
      const deleted = sql.exec<{ sequence: number }>(
        `DELETE FROM ${table} WHERE sequence IN (SELECT CAST(value AS INTEGER) FROM json_each(?1))
         AND sequence NOT IN (SELECT sequence FROM (${OWNERS[table]})) RETURNING sequence`,
        JSON.stringify(subjects),
      );
      return [...new Set(deleted.toArray().map(({ sequence }) => String(sequence)))];
    },
  };
}

export const orphanBodies = orphansOf("inline_body", {
  name: "orphan-bodies",
  means: "bytes are kept in the index that belong to no object",
});

export const orphanAnnotations = orphansOf("annotation", {
  name: "orphan-annotations",
  means: "there are annotations of a version that is not there",
});
