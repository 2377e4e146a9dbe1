import type { Database } from "./database.ts";
import { SqlCursor } from "./sql-cursor.ts";
import { SqlStatement } from "./sql-statement.ts";

/** Far more than the code has; what is written with its values in the text would fill any number. */
const MAX_STATEMENTS = 500;

/** Pages that are in use: what was deleted makes room. As workerd counts. */
const PAGES_IN_USE =
  "SELECT (SELECT * FROM pragma_page_count) - (SELECT * FROM pragma_freelist_count)";

/**
 * `ctx.storage.sql`.
 *
 * Source: https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/
 */
export class LocalSqlStorage {
  readonly #database: Database;
  readonly #beforeQuery: (mayWrite: boolean) => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #statements = new Map<string, SqlStatement>();
  #pageBytes: number | undefined;

  /**
   * @param beforeQuery opens a transaction, if there is none, for what may write; throws when nothing may be done
   * @param onFailure a query failed
   */
  constructor(
    database: Database,
    beforeQuery: (mayWrite: boolean) => void,
    onFailure: (error: unknown) => void,
  ) {
    this.#database = database;
    this.#beforeQuery = beforeQuery;
    this.#onFailure = onFailure;
  }

  /**
   * Runs one statement with its bindings, or several without any.
   *
   * @throws Error that ends in SQLite's name for it, such as `: SQLITE_FULL`
   */
  exec(query: string, ...bindings: SqlStorageValue[]): SqlCursor {
    const statement = this.#statementOf(query);
    const { columnNames, mayWrite } = statement;
    this.#beforeQuery(mayWrite || statement.isFirstOfMany);
    try {
      if (statement.isFirstOfMany) return this.#runAll(query, bindings);
      if (columnNames.length === 0) return new SqlCursor([], [], statement.run(bindings));
      const rows = statement.all(bindings);
      return new SqlCursor(columnNames, rows, mayWrite ? rows.length : 0);
    } catch (error) {
      this.#onFailure(error);
      throw error;
    } finally {
      // The columns of `*` may be others now.
      if (statement.changesSchema || statement.isFirstOfMany) this.#statements.clear();
    }
  }

  get databaseSize(): number {
    this.#pageBytes ??= this.#number("SELECT * FROM pragma_page_size");
    return this.#number(PAGES_IN_USE) * this.#pageBytes;
  }

  #runAll(statements: string, bindings: readonly SqlStorageValue[]): SqlCursor {
    if (bindings.length > 0) throw new Error("several statements take no bindings");
    this.#database.run(statements);
    return new SqlCursor([], [], 0);
  }

  #number(query: string): number {
    const [value] = this.exec(query).raw();
    return Number(value?.[0]);
  }

  #statementOf(query: string): SqlStatement {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const statement = new SqlStatement(this.#database, query);
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(query, statement);
    return statement;
  }
}
