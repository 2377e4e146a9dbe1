import { boundaryOf, LAST_TEXT, PAGE_RANGE } from "./shard-check.ts";

/** Where contents are referred to: each row of these is one reference. */
const REFERRING = [
  ["object", "content_id"],
  ["version", "content_id"],
  ["part", "content_id"],
  ["hold", "content_id"],
  ["segment", "keeper_id"],
] as const;

/** One row for each reference to the contents whose id, `$`, fulfils the condition. */
function referencesWhere(condition: string): string {
  return REFERRING.map(
    ([table, column]) =>
      `SELECT ${column} AS id FROM ${table} WHERE ${condition.replaceAll("$", column)}`,
  ).join(" UNION ALL ");
}

/** `counted (id, count)`: how often the contents behind ?1, and up to ?2, are referred to. */
export const COUNTED_OF_RANGE = `WITH counted AS MATERIALIZED (
  SELECT id, COUNT(*) AS count FROM (${referencesWhere("$ > ?1 AND $ <= ?2")}) GROUP BY id
)`;

interface IdRange {
  readonly upTo: string;
  /** Undefined: this is the last one. */
  readonly boundary: string | undefined;
}

/** Ids of contents, so few that all references to them can be counted at once. */
export function contentRange(sql: SqlStorage, after: string): IdRange {
  const boundary = boundaryOf(sql, "content", "content_id", after, PAGE_RANGE);
  return { upTo: boundary ?? LAST_TEXT, boundary };
}

export function countReferences(sql: SqlStorage, contentId: string): number {
  const query = `SELECT COUNT(*) AS count FROM (${referencesWhere("$ = ?1")})`;
  return sql.exec<{ count: number }>(query, contentId).one().count;
}

/** Of these contents, those that nothing refers to, and no segment reads from. */
export function unreferredOf(sql: SqlStorage, contentIds: readonly string[]): readonly string[] {
  if (contentIds.length === 0) return [];
  const wanted = "IN (SELECT value FROM json_each(?1))";
  const rows = sql.exec<{ id: string }>(
    `SELECT id FROM (${referencesWhere(`$ ${wanted}`)})
     UNION SELECT blob_id AS id FROM segment WHERE blob_id ${wanted}`,
    JSON.stringify(contentIds),
  );
  const referred = new Set(rows.toArray().map(({ id }) => id));
  return contentIds.filter((id) => !referred.has(id));
}
