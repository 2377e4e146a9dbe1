import type { AccountDraft, KeyPlace, KeyReader, KeyRecord } from "../ports/account-directory.ts";
import { findPrincipal } from "./identities/principal.ts";

interface FoundRow extends Record<string, SqlStorageValue> {
  secret: ArrayBuffer;
  user_id: string | null;
  last_used_ms: number | null;
  account_id: string;
  canonical_id: string;
  display_name: string;
}

export function findKey(
  sql: SqlStorage,
  accessKeyId: string,
  { knowsUsers }: KeyReader = {},
): KeyRecord | undefined {
  const row = sql
    .exec<FoundRow>(
      `SELECT secret, user_id, last_used_ms, account_id, canonical_id, display_name
       FROM access_key JOIN account ON account.id = account_id
       WHERE access_key.id = ? AND status = 'Active'`,
      accessKeyId,
    )
    .toArray()[0];
  if (row === undefined) return undefined;
  const isUsers = row.user_id !== null;
  const found = row.user_id === null ? undefined : findPrincipal(sql, row.user_id);
  if (isUsers && (knowsUsers !== true || found === undefined)) return undefined;
  return {
    ...(found !== undefined && { user: found }),
    ...(row.last_used_ms !== null && { lastUsedMs: row.last_used_ms }),
    accessKeyId,
    sealedSecret: Buffer.from(row.secret).toString("base64"),
    account: {
      id: row.account_id,
      canonicalId: row.canonical_id,
      displayName: row.display_name,
    },
  };
}

const HOUR_MS = 3_600_000;

export function noteKeyUse(
  sql: SqlStorage,
  accessKeyId: string,
  { service, region }: KeyPlace,
): void {
  const nowMs = Date.now();
  sql.exec(
    `UPDATE access_key SET last_used_ms = ?, last_service = ?, last_region = ?
     WHERE id = ? AND (last_used_ms IS NULL OR last_used_ms <= ?)`,
    nowMs,
    service,
    region,
    accessKeyId,
    nowMs - HOUR_MS,
  );
}

/** Whose an access key is; undefined: there is none. */
export function keyOwner(
  sql: SqlStorage,
  accessKeyId: string,
): Pick<KeyOwner, "accountId" | "origin"> | undefined {
  const query = "SELECT account_id AS accountId, origin FROM access_key WHERE id = ?";
  return sql
    .exec<{ accountId: string; origin: KeyOwner["origin"] }>(query, accessKeyId)
    .toArray()[0];
}

/** Those of its root. */
export function rootKeyIds(sql: SqlStorage, accountId: string): string[] {
  return idsBy(sql, "account_id = ? AND user_id IS NULL", accountId);
}

export function keyIdsOf(sql: SqlStorage, accountId: string): string[] {
  return idsBy(sql, "account_id = ?", accountId);
}

function idsBy(sql: SqlStorage, condition: string, accountId: string): string[] {
  const query = `SELECT id FROM access_key WHERE ${condition} ORDER BY id`;
  return sql
    .exec<{ id: string }>(query, accountId)
    .toArray()
    .map(({ id }) => id);
}

/** Whose an access key is, and whether an account was put with it or it was made by itself. */
interface KeyOwner {
  readonly accountId: string;
  /** Undefined: root's. */
  readonly userId: string | undefined;
  readonly origin: "account" | "api";
}

export function insertKey(
  sql: SqlStorage,
  { accountId, userId, origin }: KeyOwner,
  { accessKeyId, sealedSecret }: AccountDraft["keys"][number],
): void {
  sql.exec(
    `INSERT INTO access_key (id, account_id, user_id, secret, status, created_ms, origin)
     VALUES (?, ?, ?, ?, 'Active', ?, ?)`,
    accessKeyId,
    accountId,
    userId ?? null,
    sealedSecret,
    Date.now(),
    origin,
  );
}

/** Those that the account was put with. */
export function deletePutKeys(sql: SqlStorage, accountId: string): void {
  sql.exec("DELETE FROM access_key WHERE account_id = ? AND origin = 'account'", accountId);
}

export function deleteKeys(sql: SqlStorage, accountId: string): void {
  sql.exec("DELETE FROM access_key WHERE account_id = ?", accountId);
}
