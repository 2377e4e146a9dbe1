import type { Account } from "../../protocol/owner.ts";

export interface AccountRow extends Record<string, SqlStorageValue> {
  id: string;
  canonical_id: string;
  display_name: string;
  email: string | null;
  created_ms: number;
  origin: string;
}

export function accountOf(row: Pick<AccountRow, "canonical_id" | "display_name" | "id">): Account {
  return { id: row.id, canonicalId: row.canonical_id, displayName: row.display_name };
}

export function accountById(sql: SqlStorage, id: string): Account | undefined {
  const row = sql.exec<AccountRow>("SELECT * FROM account WHERE id = ?", id).toArray()[0];
  return row && accountOf(row);
}
