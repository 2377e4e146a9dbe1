import type { Page, PageRequest } from "../../../protocol/query-api/pages.ts";
import type { NewAccessKey } from "../../ports/identity-directory.ts";
import type {
  AccessKeyRecord,
  AccessKeyStatus,
  AccessKeyUse,
} from "../../ports/identity-records.ts";
import { insertKey } from "../access-keys.ts";
import { type Call, Refusal } from "./call.ts";
import { entityRow, requireBelow, rowById } from "./entities.ts";
import { pageOf } from "../page-of.ts";

interface KeyRow extends Record<string, SqlStorageValue> {
  id: string;
  user_id: string | null;
  status: string;
  created_ms: number;
  last_used_ms: number | null;
  last_service: string | null;
  last_region: string | null;
}

/** Those of root have no user. */
const OF_OWNER = "account_id = ? AND user_id IS ?";

/** Of each user, and of root. */
const MAX_KEYS = 2;

export function createAccessKey(
  call: Call,
  userName: string | undefined,
  key: NewAccessKey,
): AccessKeyRecord & { userName: string | undefined } {
  const { sql, account } = call;
  const owner = ownerOf(call, userName);
  const quota = [`AccessKeysPer${owner === undefined ? "Account" : "User"}`, MAX_KEYS] as const;
  if (owner === undefined) {
    const counted = "SELECT count(*) AS n FROM access_key WHERE account_id = ? AND user_id IS NULL";
    requireBelow(call, counted, account.id, quota);
  } else
    requireBelow(call, "SELECT count(*) AS n FROM access_key WHERE user_id = ?", owner.id, quota);
  insertKey(sql, { accountId: account.id, userId: owner?.id, origin: "api" }, key);
  const record = keyOf(keyRow(call, owner?.id, key.accessKeyId));
  return { ...record, userName: owner?.name };
}

export function listAccessKeys(
  call: Call,
  userName: string | undefined,
  { after = "", limit }: PageRequest,
): Page<AccessKeyRecord> {
  const owner = ownerOf(call, userName);
  const rows = call.sql
    .exec<KeyRow>(
      `SELECT * FROM access_key WHERE ${OF_OWNER} AND id > ? ORDER BY id LIMIT ?`,
      call.account.id,
      owner?.id ?? null,
      after,
      limit + 1,
    )
    .toArray();
  return pageOf(rows, limit, ({ id }) => id, keyOf);
}

export function updateAccessKey(
  call: Call,
  userName: string | undefined,
  accessKeyId: string,
  status: AccessKeyStatus,
): void {
  keyRow(call, ownerOf(call, userName)?.id, accessKeyId);
  call.sql.exec("UPDATE access_key SET status = ? WHERE id = ?", status, accessKeyId);
  call.changed.add(accessKeyId);
}

export function deleteAccessKey(
  call: Call,
  userName: string | undefined,
  accessKeyId: string,
): void {
  keyRow(call, ownerOf(call, userName)?.id, accessKeyId);
  call.sql.exec("DELETE FROM access_key WHERE id = ?", accessKeyId);
  call.changed.add(accessKeyId);
}

export function getAccessKeyUse({ sql, account }: Call, accessKeyId: string): AccessKeyUse {
  const row = sql
    .exec<KeyRow>(
      "SELECT * FROM access_key WHERE id = ? AND account_id = ?",
      accessKeyId,
      account.id,
    )
    .toArray()[0];
  if (row === undefined) throw noSuchKey(accessKeyId);
  const { user_id: userId, last_used_ms: atMs, last_service: service, last_region: region } = row;
  return {
    userName: userId === null ? undefined : rowById({ sql }, "user", userId)?.name,
    lastUsed: atMs === null ? undefined : { atMs, service: service ?? "", region: region ?? "" },
  };
}

function ownerOf(
  call: Call,
  userName: string | undefined,
): { readonly id: string; readonly name: string } | undefined {
  return userName === undefined ? undefined : entityRow(call, "user", userName);
}

function keyRow({ sql, account }: Call, userId: string | undefined, accessKeyId: string): KeyRow {
  const row = sql
    .exec<KeyRow>(
      `SELECT * FROM access_key WHERE id = ? AND ${OF_OWNER}`,
      accessKeyId,
      account.id,
      userId ?? null,
    )
    .toArray()[0];
  if (row === undefined) throw noSuchKey(accessKeyId);
  return row;
}

function noSuchKey(accessKeyId: string): Refusal {
  const message = `The Access Key with id ${accessKeyId} cannot be found.`;
  return new Refusal("NoSuchEntity", message);
}

function keyOf(row: KeyRow): AccessKeyRecord {
  return {
    accessKeyId: row.id,
    status: row.status as AccessKeyStatus,
    createdMs: row.created_ms,
  };
}
