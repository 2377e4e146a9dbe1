import type { SealedChange, SealedKind, SealedRow } from "../ports/sealed-directory.ts";

/** Where each kind is. */
const TABLES: Readonly<
  Record<SealedKind, { table: string; key: readonly string[]; sealed: string }>
> = {
  "access key": { table: "access_key", key: ["id"], sealed: "secret" },
  "key material": {
    table: "kms_material",
    key: ["account_id", "key_id", "version"],
    sealed: "sealed",
  },
  "replication target": { table: "replication_target", key: ["id"], sealed: "sealed" },
};

export function listSealed(
  sql: SqlStorage,
  kind: SealedKind,
  after: SealedRow["key"] | undefined,
  limit: number,
): readonly SealedRow[] {
  const { table, key, sealed } = TABLES[kind];
  const columns = key.join(", ");
  const isBehind = `WHERE (${columns}) > (${key.map(() => "?").join(", ")})`;
  const rows = sql
    .exec<Record<string, SqlStorageValue>>(
      `SELECT ${columns}, ${sealed} AS sealed FROM ${table} ${after === undefined ? "" : isBehind}
       ORDER BY ${columns} LIMIT ?`,
      ...(after ?? []),
      limit,
    )
    .toArray();
  return rows.map((row) => ({
    key: key.map((column) => row[column] as number | string),
    sealed: new Uint8Array(row["sealed"] as ArrayBuffer),
  }));
}

export function replaceSealed(
  sql: SqlStorage,
  kind: SealedKind,
  changes: readonly SealedChange[],
): void {
  const { table, key, sealed } = TABLES[kind];
  const isIt = [...key, sealed].map((column) => `${column} = ?`).join(" AND ");
  for (const change of changes)
    sql.exec(
      `UPDATE ${table} SET ${sealed} = ? WHERE ${isIt}`,
      change.sealed,
      ...change.key,
      change.before,
    );
}
