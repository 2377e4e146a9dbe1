import type { BackupColumns } from "../../ports/backup-rows.ts";
import type { BackupKeys } from "../../ports/backup-directory.ts";
import { columnsOf, valueOf } from "./columns.ts";

/** The tables of keys, each with the columns that a backup may have of it. */
const TABLES = {
  keys: {
    table: "kms_key",
    columns: [
      ...["account_id", "id", "region", "name", "kind", "state", "created_ms", "version"],
      ...["rotation_days", "rotation_due_ms", "deletion_ms", "description", "tags", "policy"],
    ],
  },
  materials: {
    table: "kms_material",
    columns: ["account_id", "key_id", "version", "sealed", "created_ms", "is_on_demand"],
  },
  aliases: {
    table: "kms_alias",
    columns: ["account_id", "region", "name", "key_id", "created_ms", "modified_ms"],
  },
} as const;

export function exportKeys(sql: SqlStorage, accountId: string): BackupKeys {
  const rowsOf = ({ table, columns }: (typeof TABLES)[keyof typeof TABLES]): BackupColumns[] =>
    sql
      .exec(`SELECT ${columns.join(", ")} FROM ${table} WHERE account_id = ?`, accountId)
      .toArray()
      .map(columnsOf);
  return {
    keys: rowsOf(TABLES.keys),
    materials: rowsOf(TABLES.materials),
    aliases: rowsOf(TABLES.aliases),
  };
}

/** @returns the id of a key that has another material here than in the backup, so that what is encrypted under it could not be opened */
export function clashingKey(
  sql: SqlStorage,
  accountId: string,
  { materials }: BackupKeys,
): string | undefined {
  // Sealed anew it has other bytes, and the same date.
  const query = `SELECT 1 FROM kms_material WHERE account_id = ? AND key_id = ? AND version = ? AND created_ms <> ?`;
  const clashing = materials.find(({ key_id: id, version, created_ms: createdMs }) => {
    const values = [id, version, createdMs].map((value) => value ?? null);
    return sql.exec(query, accountId, ...values).toArray().length > 0;
  });
  return clashing && String(clashing["key_id"]);
}

export function importKeys(sql: SqlStorage, accountId: string, backup: BackupKeys): void {
  const put = (
    { table, columns }: (typeof TABLES)[keyof typeof TABLES],
    row: BackupColumns,
  ): number => {
    const values = columns.map((name) =>
      name === "account_id" ? accountId : valueOf(row[name], name === "sealed"),
    );
    const places = columns.map(() => "?").join(", ");
    return sql.exec(
      `INSERT OR IGNORE INTO ${table} (${columns.join(", ")}) VALUES (${places})`,
      ...values,
    ).rowsWritten;
  };
  for (const key of backup.keys) {
    const isThere = sql
      .exec("SELECT 1 FROM kms_key WHERE account_id = ? AND id = ?", accountId, key["id"] ?? "")
      .toArray();
    // Objects name their key by its id; whoever asks for one by this name goes on to get the one that is here.
    if (isThere.length === 0 && put(TABLES.keys, key) === 0)
      put(TABLES.keys, { ...key, name: `restored/${key["id"]}` });
  }
  for (const material of backup.materials) put(TABLES.materials, material);
  // A key that is here may be of before its last rotations: the next one is not to make a material that there is.
  for (const { id } of backup.keys)
    sql.exec(
      `UPDATE kms_key SET version = MAX(version, COALESCE((SELECT MAX(material.version) FROM kms_material AS material
         WHERE material.account_id = kms_key.account_id AND material.key_id = kms_key.id), version))
       WHERE account_id = ? AND id = ?`,
      accountId,
      id ?? null,
    );
  for (const alias of backup.aliases) put(TABLES.aliases, alias);
}
