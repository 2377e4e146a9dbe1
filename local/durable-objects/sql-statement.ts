import type { StatementSync } from "node:sqlite";
import type { Database } from "./database.ts";
import { sqliteError } from "./sqlite-error.ts";

/** Columns that are declared so hold no bytes. What a query computes is declared as nothing. */
const WITHOUT_BYTES: ReadonlySet<string | null> = new Set(["TEXT", "INTEGER", "REAL"]);

const READS = /^\s*(?:SELECT|VALUES|EXPLAIN|PRAGMA|WITH)\b/i;
const WRITES = /\b(?:INSERT|UPDATE|DELETE|REPLACE)\b/i;
const CHANGES_SCHEMA = /^\s*(?:CREATE|ALTER|DROP)\b/i;

/** node:sqlite takes the null pointer of an empty ArrayBuffer for NULL (24.21); a view of no bytes has another pointer. */
const NO_BYTES = new Uint8Array(8).subarray(8) as unknown as ArrayBuffer;

/** Bytes are an ArrayBuffer, as on Cloudflare. */
export type Row = SqlStorageValue[];

/** One statement that was prepared once. */
export class SqlStatement {
  readonly columnNames: readonly string[];
  readonly mayWrite: boolean;
  readonly changesSchema: boolean;
  /** More statements follow in the same text, which this does not run. */
  readonly isFirstOfMany: boolean;
  readonly #statement: StatementSync;
  /** Positions of the columns that may hold bytes. */
  readonly #byteColumns: readonly number[];

  /** @throws Error that ends in SQLite's name for it */
  constructor(database: Database, query: string) {
    this.#statement = database.prepare(query);
    this.#statement.setReturnArrays(true);
    const columns = this.#statement.columns();
    this.columnNames = columns.map(({ name }) => name);
    this.#byteColumns = [...columns.keys()].filter(
      (at) => !WITHOUT_BYTES.has(columns[at]?.type ?? null),
    );
    this.mayWrite = !READS.test(query) || WRITES.test(query);
    this.changesSchema = CHANGES_SCHEMA.test(query);
    const { sourceSQL } = this.#statement;
    this.isFirstOfMany = query.slice(sourceSQL.length).trim() !== "";
  }

  /** All rows: a cursor that is left open would keep the log from being checkpointed. */
  all(bindings: SqlStorageValue[]): Row[] {
    // The types know rows as objects only; `setReturnArrays` makes them arrays.
    const rows = this.#guarded(bindings, "all") as unknown as (
      | string
      | number
      | null
      | Uint8Array
    )[][];
    for (const at of this.#byteColumns)
      for (const row of rows) {
        const value = row[at];
        if (ArrayBuffer.isView(value)) (row as Row)[at] = bufferOf(value);
      }
    return rows as Row[];
  }

  /** Of a statement without rows. @returns how many rows of tables it changed */
  run(bindings: SqlStorageValue[]): number {
    return Number(this.#guarded(bindings, "run").changes);
  }

  #guarded<Method extends "all" | "run">(
    bindings: SqlStorageValue[],
    method: Method,
  ): ReturnType<StatementSync[Method]>;
  #guarded(bindings: SqlStorageValue[], method: "all" | "run"): unknown {
    for (const [at, value] of bindings.entries())
      if (value instanceof ArrayBuffer && value.byteLength === 0) bindings[at] = NO_BYTES;
    try {
      // The types know no ArrayBuffer; node:sqlite binds it as it does its views.
      return this.#statement[method](...(bindings as Exclude<SqlStorageValue, ArrayBuffer>[]));
    } catch (error) {
      throw sqliteError(error);
    }
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  if (byteLength === buffer.byteLength) return buffer as ArrayBuffer;
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
