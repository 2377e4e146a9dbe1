import type { KeyName, NewKey, OpenedKey } from "../../ports/key-directory.ts";
import {
  countKeys,
  DAY_MS,
  endKeys,
  insertKey,
  insertMaterial,
  keyById,
  keyByName,
  type KeyRow,
  MAX_KEYS,
  recordOf,
} from "./key-rows.ts";

export function openKey(
  sql: SqlStorage,
  accountId: string,
  name: KeyName,
  ifMissing?: NewKey,
): OpenedKey | undefined {
  endKeys(sql);
  let row =
    "id" in name
      ? keyById(sql, accountId, name.id)
      : keyByName(sql, { accountId, region: name.region }, name.name);
  if (row === undefined && ifMissing !== undefined && hasRoom(sql, accountId, ifMissing))
    row = insertKey(sql, accountId, ifMissing);
  return row && opened(sql, row, "version" in name ? name.version : row.version);
}

/** Such keys are one for each region, which whoever signs makes up. That of SSE-S3 there is once. */
function hasRoom(sql: SqlStorage, accountId: string, { kind }: NewKey): boolean {
  return kind === "store" || countKeys(sql, accountId) < MAX_KEYS;
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
    const version = fromVersion + 1;
    insertMaterial(sql, { accountId, keyId: id, version, sealed: sealedMaterial });
    sql.exec(
      `UPDATE kms_key SET version = ?, rotation_due_ms = ? + rotation_days * ?
       WHERE account_id = ? AND id = ?`,
      version,
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
