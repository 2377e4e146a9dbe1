export interface SqlCost {
  readonly queries: number;
  /** As SQLite counts and Cloudflare bills them: every row that a query touched, indexes included. */
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** Cursors that were left before their end. An open one keeps SQLite from checkpointing its WAL. */
  readonly openCursors: number;
}

/** The same database, and what was asked of it so far. A cursor counts what it has read when it is asked. */
export function countSql(sql: SqlStorage): { sql: SqlStorage; cost: () => SqlCost } {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const counting = new Proxy(sql, {
    get(target, name) {
      if (name !== "exec") return Reflect.get(target, name, target);
      return (query: string, ...bindings: unknown[]) => {
        const cursor = target.exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      };
    },
  });
  const total = (column: "rowsRead" | "rowsWritten"): number =>
    cursors.reduce((sum, cursor) => sum + cursor[column], 0);
  return {
    sql: counting,
    cost: () => ({
      queries: cursors.length,
      rowsRead: total("rowsRead"),
      rowsWritten: total("rowsWritten"),
      openCursors: cursors.filter((cursor) => cursor.next().done !== true).length,
    }),
  };
}
