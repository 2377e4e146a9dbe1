import { isAlias } from "../../protocol/kms/key-reference.ts";
import type {
  KeyKind,
  KeyName,
  KeyRecord,
  KeyState,
  NewKey,
  OpenedKey,
} from "../ports/key-directory.ts";

interface KeyRow extends Record<string, SqlStorageValue> {
  account_id: string;
  id: string;
  region: string;
  name: string;
  kind: string;
  state: string;
  created_ms: number;
  version: number;
  rotation_days: number | null;
  rotation_due_ms: number | null;
}

const DAY_MS = 86_400_000;

export function openKey(
  sql: SqlStorage,
  accountId: string,
  name: KeyName,
  ifMissing?: NewKey,
): OpenedKey | undefined {
  endKeys(sql);
  let row = findKey(sql, accountId, name);
  if (row === undefined && ifMissing !== undefined) row = insertKey(sql, accountId, ifMissing);
  return row && opened(sql, row, "version" in name ? name.version : row.version);
}

export function rotateKey(
  sql: SqlStorage,
  accountId: string,
  id: string,
  fromVersion: number,
  sealedMaterial: Uint8Array,
): OpenedKey | undefined {
  endKeys(sql);
  let row = keyById(sql, accountId, id);
  if (row?.version === fromVersion) {
    insertMaterial(sql, accountId, id, fromVersion + 1, sealedMaterial);
    sql.exec(
      `UPDATE kms_key SET version = version + 1, rotation_due_ms = ? + rotation_days * ?
       WHERE account_id = ? AND id = ?`,
      Date.now(),
      DAY_MS,
      accountId,
      id,
    );
    row = keyById(sql, accountId, id);
  }
  return row && opened(sql, row, row.version);
}

function opened(sql: SqlStorage, row: KeyRow, version: number): OpenedKey | undefined {
  const query =
    "SELECT sealed FROM kms_material WHERE account_id = ? AND key_id = ? AND version = ?";
  const material = sql
    .exec<{ sealed: ArrayBuffer }>(query, row.account_id, row.id, version)
    .toArray()[0];
  if (material === undefined) return undefined;
  return { key: recordOf(row), version, sealedMaterial: new Uint8Array(material.sealed) };
}

function findKey(sql: SqlStorage, accountId: string, name: KeyName): KeyRow | undefined {
  if ("id" in name) return keyById(sql, accountId, name.id);
  if (!isAlias(name.name)) {
    const query = "SELECT * FROM kms_key WHERE account_id = ? AND region = ? AND name = ?";
    return sql.exec<KeyRow>(query, accountId, name.region, name.name).toArray()[0];
  }
  const query = "SELECT key_id FROM kms_alias WHERE account_id = ? AND region = ? AND name = ?";
  const alias = sql.exec<{ key_id: string }>(query, accountId, name.region, name.name).toArray()[0];
  return alias && keyById(sql, accountId, alias.key_id);
}

function keyById(sql: SqlStorage, accountId: string, id: string): KeyRow | undefined {
  const query = "SELECT * FROM kms_key WHERE account_id = ? AND id = ?";
  return sql.exec<KeyRow>(query, accountId, id).toArray()[0];
}

function insertKey(
  sql: SqlStorage,
  accountId: string,
  { id, region, name, kind, alias, sealedMaterial }: NewKey,
): KeyRow | undefined {
  sql.exec(
    `INSERT INTO kms_key (account_id, id, region, name, kind, state, created_ms, version)
     VALUES (?, ?, ?, ?, ?, 'Enabled', ?, 1)`,
    accountId,
    id,
    region,
    name,
    kind,
    Date.now(),
  );
  insertMaterial(sql, accountId, id, 1, sealedMaterial);
  if (alias !== undefined)
    sql.exec(
      `INSERT INTO kms_alias (account_id, region, name, key_id, created_ms, modified_ms)
       VALUES (?, ?, ?, ?, ?, ?)`,
      accountId,
      region,
      alias,
      id,
      Date.now(),
      Date.now(),
    );
  return keyById(sql, accountId, id);
}

function insertMaterial(
  sql: SqlStorage,
  accountId: string,
  keyId: string,
  version: number,
  sealed: Uint8Array,
): void {
  sql.exec(
    `INSERT INTO kms_material (account_id, key_id, version, sealed, created_ms)
     VALUES (?, ?, ?, ?, ?)`,
    accountId,
    keyId,
    version,
    sealed,
    Date.now(),
  );
}

/** Those whose time to be deleted has come: whoever looks for any key finds them gone. */
function endKeys(sql: SqlStorage): void {
  const query =
    "SELECT account_id, id FROM kms_key WHERE deletion_ms IS NOT NULL AND deletion_ms <= ?";
  for (const { account_id: accountId, id } of sql
    .exec<Pick<KeyRow, "account_id" | "id">>(query, Date.now())
    .toArray()) {
    for (const table of ["kms_material", "kms_alias"])
      sql.exec(`DELETE FROM ${table} WHERE account_id = ? AND key_id = ?`, accountId, id);
    sql.exec("DELETE FROM kms_key WHERE account_id = ? AND id = ?", accountId, id);
  }
}

function recordOf(row: KeyRow): KeyRecord {
  return {
    accountId: row.account_id,
    id: row.id,
    region: row.region,
    name: row.name,
    kind: row.kind as KeyKind,
    state: row.state as KeyState,
    createdMs: row.created_ms,
    version: row.version,
    nextRotationMs: row.rotation_due_ms ?? undefined,
  };
}
