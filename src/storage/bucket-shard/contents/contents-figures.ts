import { MOST_COUNTED } from "../../ports/shard-figures.ts";

/**
 * Bytes of the blobs of this shard that wait for their last reader, among {@link MOST_COUNTED}. What became garbage under code that did
 * not write sizes down is counted as nothing.
 */
export function garbageBytes(sql: SqlStorage): number {
  const query = `SELECT COALESCE(SUM(size_bytes), 0) AS bytes FROM
    (SELECT size_bytes FROM content WHERE garbage_due_ms IS NOT NULL AND hold_token IS NULL
     LIMIT ${MOST_COUNTED})`;
  return sql.exec<{ bytes: number }>(query).one().bytes;
}

/** Contents that wait for their last reader, at most {@link MOST_COUNTED}. */
export function garbageBlobs(sql: SqlStorage): number {
  const query = `SELECT COUNT(*) AS count FROM
    (SELECT 1 FROM content WHERE garbage_due_ms IS NOT NULL LIMIT ${MOST_COUNTED})`;
  return sql.exec<{ count: number }>(query).one().count;
}
