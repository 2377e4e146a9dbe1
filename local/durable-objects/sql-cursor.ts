import type { Row } from "./sql-statement.ts";

type RowObject = Record<string, SqlStorageValue>;

/** What a query came to, read whole already. Rows are taken once, as from any cursor. */
export class SqlCursor {
  readonly columnNames: readonly string[];
  /** Rows of tables that were changed. Cloudflare counts those of indexes, too. */
  readonly rowsWritten: number;
  readonly #rows: readonly Row[];
  #taken = 0;

  constructor(columnNames: readonly string[], rows: readonly Row[], rowsWritten: number) {
    this.columnNames = columnNames;
    this.#rows = rows;
    this.rowsWritten = rowsWritten;
  }

  /** Rows that were given. Cloudflare counts what the query had to look at besides. */
  get rowsRead(): number {
    return this.#rows.length;
  }

  next(): IteratorResult<RowObject, undefined> {
    const row = this.#take();
    return row === undefined ? DONE : { done: false, value: this.#objectOf(row) };
  }

  toArray(): RowObject[] {
    const rows = this.#rows.slice(this.#taken);
    this.#taken = this.#rows.length;
    return rows.map((row) => this.#objectOf(row));
  }

  one(): RowObject {
    const left = this.#rows.length - this.#taken;
    const row = this.#take();
    if (row === undefined || left > 1)
      throw new Error(
        `Expected exactly one result from SQL query, but got ${left === 0 ? "no" : "multiple"} results.`,
      );
    return this.#objectOf(row);
  }

  *raw(): IterableIterator<Row> {
    for (let row = this.#take(); row !== undefined; row = this.#take()) yield row;
  }

  *[Symbol.iterator](): IterableIterator<RowObject> {
    for (const row of this.raw()) yield this.#objectOf(row);
  }

  #take(): Row | undefined {
    const row = this.#rows[this.#taken];
    this.#taken += 1;
    return row;
  }

  #objectOf(row: Row): RowObject {
    const object: RowObject = {};
    for (const [at, name] of this.columnNames.entries()) object[name] = row[at] ?? null;
    return object;
  }
}

const DONE = { done: true, value: undefined } as const;
