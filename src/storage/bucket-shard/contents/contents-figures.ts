import { MOST_COUNTED } from "../../ports/shard-figures.ts";

/** Contents that wait for their last reader, at most {@link MOST_COUNTED}. */
export function garbageBlobs(sql: SqlStorage): number {
  const query = `SELECT COUNT(*) AS count FROM
    (SELECT 1 FROM content WHERE garbage_due_ms IS NOT NULL LIMIT ${MOST_COUNTED})`;
  return sql.exec<{ count: number }>(query).one().count;
}
