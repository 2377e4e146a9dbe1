import { keyArn, kmsArn, missingKey } from "../../../protocol/kms/key-reference.ts";
import type { KmsErrorCode } from "../../../protocol/kms/kms-error.ts";
import type { KeyScope } from "../../ports/key-directory.ts";
import { keyByName, type KeyRow } from "./key-rows.ts";

/** What a call about keys works with: one transaction, on what one account has in one region. */
export interface KeyCall {
  readonly sql: SqlStorage;
  readonly scope: KeyScope;
}

/** Ends a call: nothing of it is done. */
export class KeyCallRefusal extends Error {
  override readonly name = "KeyCallRefusal";
  readonly code: KmsErrorCode;

  constructor(code: KmsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** One that requests may name, which that of SSE-S3 is not. @throws KeyCallRefusal NotFoundException */
export function requireKey({ sql, scope }: KeyCall, name: string): KeyRow {
  const row = keyByName(sql, scope, name);
  if (row !== undefined && row.kind !== "store") return row;
  throw new KeyCallRefusal("NotFoundException", missingKey(scope.accountId, scope.region, name));
}

/**
 * A key that may be changed: one that KMS made itself nobody changes, and neither one that is to be deleted.
 *
 * @throws KeyCallRefusal NotFoundException, AccessDeniedException, KMSInvalidStateException
 */
export function requireChangeable(call: KeyCall, name: string): KeyRow {
  const row = requireKey(call, name);
  const { kind, state } = row;
  if (kind === "aws")
    throw new KeyCallRefusal("AccessDeniedException", `${arnOf(row)} is managed by AWS.`);
  if (state === "PendingDeletion")
    throw new KeyCallRefusal("KMSInvalidStateException", `${arnOf(row)} is pending deletion.`);
  return row;
}

/** The same of one that must be enabled. @throws KeyCallRefusal as {@link requireChangeable}, DisabledException */
export function requireEnabled(call: KeyCall, name: string): KeyRow {
  const row = requireChangeable(call, name);
  if (row.state === "Enabled") return row;
  throw new KeyCallRefusal("DisabledException", `${arnOf(row)} is disabled.`);
}

export function changeKey(
  { sql }: KeyCall,
  { account_id: accountId, id }: KeyRow,
  assignments: string,
  ...values: readonly SqlStorageValue[]
): void {
  const statement = `UPDATE kms_key SET ${assignments} WHERE account_id = ? AND id = ?`;
  sql.exec(statement, ...values, accountId, id);
}

export function arnOf({ account_id: accountId, region, name }: KeyRow): string {
  return keyArn({ accountId, region, name });
}

export function aliasArn({ scope }: KeyCall, alias: string): string {
  return kmsArn(scope.region, scope.accountId, alias);
}
