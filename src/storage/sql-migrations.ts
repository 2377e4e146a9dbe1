/** Statements that take the schema from version `i` to `i + 1`. Append only: never edit a shipped entry. */
export type Migrations = readonly string[];

/**
 * Brings a Durable Object's database up to date; call it in the constructor, where it runs before any request.
 * The version lives in its own one-row table because SQLite-backed objects refuse `PRAGMA user_version`.
 */
export function migrate(storage: DurableObjectStorage, migrations: Migrations): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
    const row = sql.exec<{ version: number }>("SELECT version FROM schema_version").toArray()[0];
    const current = row?.version ?? 0;
    if (current > migrations.length)
      throw new Error(`the data is of schema ${current}, this build knows ${migrations.length}`);
    for (const statements of migrations.slice(current)) sql.exec(statements);
    if (row === undefined)
      sql.exec("INSERT INTO schema_version (version) VALUES (?)", migrations.length);
    else if (current < migrations.length)
      sql.exec("UPDATE schema_version SET version = ?", migrations.length);
  });
}
