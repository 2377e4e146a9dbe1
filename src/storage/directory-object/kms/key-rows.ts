import { isAlias } from "../../../protocol/kms/key-reference.ts";
import type { TagSet } from "../../../protocol/tag-set.ts";
import type {
  KeyDetails,
  KeyKind,
  KeyRecord,
  KeyScope,
  KeyState,
  NewKey,
} from "../../ports/key-directory.ts";

export interface KeyRow extends Record<string, SqlStorageValue> {
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
  deletion_ms: number | null;
  description: string;
  tags: string | null;
  policy: string | null;
}

export const DAY_MS = 86_400_000;
/** Of an account. All lie in the one Directory, and nobody has needed more. */
export const MAX_KEYS = 10_000;

export function keyById(sql: SqlStorage, accountId: string, id: string): KeyRow | undefined {
  const query = "SELECT * FROM kms_key WHERE account_id = ? AND id = ?";
  return sql.exec<KeyRow>(query, accountId, id).toArray()[0];
}

export function countKeys(sql: SqlStorage, accountId: string): number {
  const query = "SELECT COUNT(*) AS keys FROM kms_key WHERE account_id = ?";
  return sql.exec<{ keys: number }>(query, accountId).one().keys;
}

/** @param name its id for KMS, or an alias */
export function keyByName(
  sql: SqlStorage,
  { accountId, region }: KeyScope,
  name: string,
): KeyRow | undefined {
  if (!isAlias(name)) {
    const query = "SELECT * FROM kms_key WHERE account_id = ? AND region = ? AND name = ?";
    return sql.exec<KeyRow>(query, accountId, region, name).toArray()[0];
  }
  const query = "SELECT key_id FROM kms_alias WHERE account_id = ? AND region = ? AND name = ?";
  const alias = sql.exec<{ key_id: string }>(query, accountId, region, name).toArray()[0];
  return alias && keyById(sql, accountId, alias.key_id);
}

export function insertKey(sql: SqlStorage, accountId: string, key: NewKey): KeyRow {
  const { id, region, name, kind, alias, rotationDays, description = "", tags = [] } = key;
  const nowMs = Date.now();
  sql.exec(
    `INSERT INTO kms_key (account_id, id, region, name, kind, state, created_ms, version,
                          rotation_days, rotation_due_ms, description, tags, policy)
     VALUES (?, ?, ?, ?, ?, 'Enabled', ?, 1, ?, ?, ?, ?, ?)`,
    accountId,
    id,
    region,
    name,
    kind,
    nowMs,
    rotationDays ?? null,
    rotationDays === undefined ? null : nowMs + rotationDays * DAY_MS,
    description,
    tags.length === 0 ? null : JSON.stringify(tags),
    key.policy ?? null,
  );
  insertMaterial(sql, { accountId, keyId: id, version: 1, sealed: key.sealedMaterial });
  if (alias !== undefined) putAlias(sql, { accountId, region }, alias, id);
  const row = keyById(sql, accountId, id);
  if (row === undefined) throw new Error("a key that was just made is missing");
  return row;
}

interface NewMaterial {
  readonly accountId: string;
  readonly keyId: string;
  readonly version: number;
  readonly sealed: Uint8Array;
  readonly isOnDemand?: boolean;
}

export function insertMaterial(
  sql: SqlStorage,
  { accountId, keyId, version, sealed, isOnDemand = false }: NewMaterial,
): void {
  sql.exec(
    `INSERT INTO kms_material (account_id, key_id, version, sealed, created_ms, is_on_demand)
     VALUES (?, ?, ?, ?, ?, ?)`,
    accountId,
    keyId,
    version,
    sealed,
    Date.now(),
    Number(isOnDemand),
  );
}

/** A new alias, or another key of one that there is. */
export function putAlias(
  sql: SqlStorage,
  { accountId, region }: KeyScope,
  alias: string,
  keyId: string,
): void {
  sql.exec(
    `INSERT INTO kms_alias (account_id, region, name, key_id, created_ms, modified_ms)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET key_id = excluded.key_id, modified_ms = excluded.modified_ms`,
    accountId,
    region,
    alias,
    keyId,
    Date.now(),
    Date.now(),
  );
}

/** Those whose time to be deleted has come: whoever looks for any key finds them gone. */
export function endKeys(sql: SqlStorage): void {
  const query =
    "SELECT account_id, id FROM kms_key WHERE deletion_ms IS NOT NULL AND deletion_ms <= ?";
  const ended = sql.exec<Pick<KeyRow, "account_id" | "id">>(query, Date.now()).toArray();
  for (const { account_id: accountId, id } of ended) {
    for (const table of ["kms_material", "kms_alias"])
      sql.exec(`DELETE FROM ${table} WHERE account_id = ? AND key_id = ?`, accountId, id);
    sql.exec("DELETE FROM kms_key WHERE account_id = ? AND id = ?", accountId, id);
  }
}

export function recordOf(row: KeyRow): KeyRecord {
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

export function detailsOf(row: KeyRow): KeyDetails {
  return {
    ...recordOf(row),
    description: row.description,
    tags: tagsOf(row),
    policy: row.policy ?? undefined,
    rotationDays: row.rotation_days ?? undefined,
    deletionMs: row.deletion_ms ?? undefined,
  };
}

export function tagsOf({ tags }: Pick<KeyRow, "tags">): TagSet {
  return tags === null ? [] : (JSON.parse(tags) as TagSet);
}
