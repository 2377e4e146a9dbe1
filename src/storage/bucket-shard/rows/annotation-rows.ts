export function countAnnotations(sql: SqlStorage, sequence: number): number {
  const query = "SELECT COUNT(*) AS count FROM annotation WHERE sequence = ?";
  return sql.exec<{ count: number }>(query, sequence).one().count;
}

/** The version goes, and its annotations with it. */
export function dropAnnotations(sql: SqlStorage, sequence: number): void {
  sql.exec("DELETE FROM annotation WHERE sequence = ?", sequence);
}

/** Gives a new version what another one in this shard is annotated with. */
export function copyAnnotations(sql: SqlStorage, fromSequence: number, toSequence: number): void {
  sql.exec(
    `INSERT INTO annotation (sequence, name, modified_ms, size_bytes, etag, checksum, payload)
     SELECT ?, name, modified_ms, size_bytes, etag, checksum, payload FROM annotation WHERE sequence = ?`,
    toSequence,
    fromSequence,
  );
}
