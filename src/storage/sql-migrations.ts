/** Statements that take the schema from `i` steps to `i + 1`. Append only: never edit a shipped entry. */
export type Migrations = readonly string[];

/**
 * Brings a Durable Object's database up to date; call it in the constructor, where it runs before any request.
 * How many steps it has taken is in a one-row table because SQLite-backed objects refuse `PRAGMA user_version`.
 *
 * @throws Error when the database has more steps than there are, or those of a series that is not kept any more
 */
export function migrate(storage: DurableObjectStorage, migrations: Migrations): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    sql.exec("CREATE TABLE IF NOT EXISTS migration (steps INTEGER NOT NULL)");
    const row = sql.exec<{ steps: number }>("SELECT steps FROM migration").toArray()[0];
    if (row === undefined) requireEmpty(sql);
    const taken = row?.steps ?? 0;
    if (taken > migrations.length)
      throw new Error(
        `the data are of a later version of Ledge: they have ${taken} steps of a schema, this one knows ${migrations.length}`,
      );
    for (const statements of migrations.slice(taken)) sql.exec(statements);
    if (row === undefined) sql.exec("INSERT INTO migration (steps) VALUES (?)", migrations.length);
    else if (taken < migrations.length)
      sql.exec("UPDATE migration SET steps = ?", migrations.length);
  });
}

/** Two series of steps that were never released, up to 2026-11-26, were counted in tables of other names. */
function requireEmpty(sql: SqlStorage): void {
  const query = "SELECT 1 FROM sqlite_schema WHERE name IN ('schema_version', 'schema')";
  if (sql.exec(query).toArray().length > 0)
    throw new Error("the data are of an earlier version of Ledge, which this one does not read");
}
