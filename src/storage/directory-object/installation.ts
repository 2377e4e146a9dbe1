import type { KnownInstallation } from "../ports/installation.ts";

export function claimInstallation(
  sql: SqlStorage,
  proposedId: string | undefined,
): KnownInstallation | undefined {
  if (proposedId !== undefined)
    sql.exec(
      "INSERT INTO installation (only, id, is_confirmed) VALUES (0, ?, 0) ON CONFLICT DO NOTHING",
      proposedId,
    );
  const [row] = sql
    .exec<{ id: string; is_confirmed: number }>("SELECT id, is_confirmed FROM installation")
    .toArray();
  return row && { id: row.id, isConfirmed: row.is_confirmed === 1 };
}

export function confirmInstallation(sql: SqlStorage, id: string): void {
  sql.exec("UPDATE installation SET is_confirmed = 1 WHERE id = ?", id);
}
