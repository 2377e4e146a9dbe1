import type { KeyCalls } from "../../ports/key-directory.ts";
import {
  aliasArn,
  type KeyCall,
  KeyCallRefusal,
  requireChangeable,
  requireKey,
} from "./key-call.ts";
import { keyByName, putAlias } from "./key-rows.ts";
import { pageOf } from "../page-of.ts";

/** AWS's. */
const MAX_ALIASES_OF_KEY = 50;

export function createAlias(call: KeyCall, alias: string, keyName: string): void {
  const { sql, scope } = call;
  if (keyByName(sql, scope, alias) !== undefined)
    throw new KeyCallRefusal(
      "AlreadyExistsException",
      `An alias with the name ${aliasArn(call, alias)} already exists`,
    );
  pointAlias(call, alias, keyName);
}

export function updateAlias(call: KeyCall, alias: string, keyName: string): void {
  requireAlias(call, alias);
  pointAlias(call, alias, keyName);
}

function pointAlias(call: KeyCall, alias: string, keyName: string): void {
  const { sql, scope } = call;
  const { id } = requireChangeable(call, keyName);
  const query =
    "SELECT COUNT(*) AS others FROM kms_alias WHERE account_id = ? AND key_id = ? AND name <> ?";
  const { others } = sql.exec<{ others: number }>(query, scope.accountId, id, alias).one();
  if (others >= MAX_ALIASES_OF_KEY)
    throw new KeyCallRefusal(
      "LimitExceededException",
      `A key has ${MAX_ALIASES_OF_KEY} aliases at most.`,
    );
  putAlias(sql, scope, alias, id);
}

export function deleteAlias(call: KeyCall, alias: string): void {
  requireAlias(call, alias);
  const { sql, scope } = call;
  const statement = "DELETE FROM kms_alias WHERE account_id = ? AND region = ? AND name = ?";
  sql.exec(statement, scope.accountId, scope.region, alias);
}

function requireAlias(call: KeyCall, alias: string): void {
  requireKey(call, alias);
}

export function listAliases(
  call: KeyCall,
  keyName: string | undefined,
  { after = "", limit }: Parameters<KeyCalls["listAliases"]>[1],
): ReturnType<KeyCalls["listAliases"]> {
  const { sql, scope } = call;
  const id = keyName === undefined ? null : requireKey(call, keyName).id;
  const rows = sql.exec<{
    name: string;
    key_name: string;
    created_ms: number;
    modified_ms: number;
  }>(
    `SELECT kms_alias.name, kms_key.name AS key_name, kms_alias.created_ms, modified_ms
     FROM kms_alias JOIN kms_key ON kms_key.account_id = kms_alias.account_id AND kms_key.id = key_id
     WHERE kms_alias.account_id = ? AND kms_alias.region = ? AND kms_alias.name > ?
       AND key_id = COALESCE(?, key_id)
     ORDER BY kms_alias.name LIMIT ?`,
    scope.accountId,
    scope.region,
    after,
    id,
    limit + 1,
  );
  return pageOf(
    rows.toArray(),
    limit,
    ({ name }) => name,
    (row) => ({
      name: row.name,
      keyName: row.key_name,
      createdMs: row.created_ms,
      modifiedMs: row.modified_ms,
    }),
  );
}
