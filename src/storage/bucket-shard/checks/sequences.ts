import { boundaryOf, LAST_NUMBER, PAGE_FINDINGS, PAGE_RANGE, pageOf } from "./shard-check.ts";
import type { ShardCheck } from "./shard-check.ts";

/** The bytes of inline bodies are found by the number alone. */
export const sharedSequences: ShardCheck = {
  name: "shared-sequences",
  means: "several objects have the same number, and so the same bytes",
  find({ sql }, after) {
    const from = Number(after);
    const boundary = boundaryOf(sql, "inline_body", "sequence", from, PAGE_RANGE);
    const rows = sql.exec<{ sequence: number; count: number }>(
      `SELECT sequence, COUNT(*) AS count FROM (
         SELECT sequence FROM object WHERE sequence > ?1 AND sequence <= ?2
         UNION ALL SELECT sequence FROM version WHERE sequence > ?1 AND sequence <= ?2
       ) WHERE sequence IN (SELECT sequence FROM inline_body WHERE sequence > ?1 AND sequence <= ?2)
       GROUP BY sequence HAVING COUNT(*) > 1 ORDER BY sequence LIMIT ?3`,
      from,
      boundary ?? LAST_NUMBER,
      PAGE_FINDINGS,
    );
    const findings = rows.toArray().map(({ sequence, count }) => ({
      subject: String(sequence),
      detail: `${count} versions have this number`,
    }));
    return pageOf(findings, boundary?.toString());
  },
};

/** A number that is given twice would give one object the bytes of another. */
export const reservedSequences: ShardCheck = {
  name: "reserved-sequences",
  means: "the shard would give numbers to new versions that others have already",
  repair: "lets it go on behind the highest",
  find({ sql, state }) {
    const highest = highestSequence(sql);
    if (highest < state.nextSequence) return { findings: [] };
    const detail = `the next number is ${state.nextSequence}, and ${highest} is in use`;
    return { findings: [{ subject: "sequence", detail }] };
  },
  mend({ sql, state }, subjects) {
    const highest = highestSequence(sql);
    if (highest < state.nextSequence) return [];
    state.skipSequences(highest);
    return subjects;
  },
};

function highestSequence(sql: SqlStorage): number {
  const query = `SELECT MAX(sequence) AS highest FROM (
    SELECT MAX(sequence) AS sequence FROM object UNION ALL SELECT MAX(sequence) FROM version
    UNION ALL SELECT MAX(sequence) FROM inline_body UNION ALL SELECT MAX(sequence) FROM annotation
    UNION ALL SELECT MAX(id) FROM outbox
  )`;
  return sql.exec<{ highest: number | null }>(query).one().highest ?? 0;
}
