/** Whether ids of versions in this shard may tell sequences of others: it has replicas, or has had. */
export function hasForeignIds(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM foreign_ids").toArray().length > 0;
}

/** A version gets an id that another shard has made. */
export function noteForeignId(sql: SqlStorage): void {
  if (!hasForeignIds(sql)) sql.exec("INSERT INTO foreign_ids (id) VALUES (0)");
}
