import { iamArn, parseIamArn } from "../../../protocol/iam/arns.ts";
import { ACCOUNT_ID } from "../../../protocol/owner.ts";
import type {
  AssumableRole,
  SessionRecord,
  TrustedProvider,
} from "../../ports/session-directory.ts";
import { accountById } from "../account-rows.ts";
import { findPrincipal, managedPolicy } from "./principal.ts";
import { roleOf, type RoleRow } from "./roles.ts";

export function findSessionRecord(
  sql: SqlStorage,
  principalId: string,
  policyArns: readonly string[],
): SessionRecord | undefined {
  const sessionPolicies = policyArns.map((arn) => managedPolicy(sql, arn));
  if (isAccountId(principalId)) {
    const account = accountById(sql, principalId);
    return { ...(account !== undefined && { account }), sessionPolicies };
  }
  const found = findPrincipal(sql, principalId);
  if (found === undefined) return undefined;
  const { account, ...principal } = found;
  return { account, principal, sessionPolicies };
}

/** Root's. One account may have the empty id. */
function isAccountId(principalId: string): boolean {
  return principalId === "" || ACCOUNT_ID.test(principalId);
}

export function findRole(sql: SqlStorage, arn: string): AssumableRole | undefined {
  const named = parseIamArn(arn);
  const account = named?.kind === "role" ? accountById(sql, named.accountId) : undefined;
  if (named === undefined || account === undefined) return undefined;
  const query = "SELECT * FROM iam_role WHERE account_id = ? AND name_lower = ?";
  const row = sql.exec<RoleRow>(query, account.id, named.name.toLowerCase()).toArray()[0];
  if (row === undefined) return undefined;
  const { id, name, path, tags, trust, maxSessionSeconds } = roleOf(row);
  const ownArn = iamArn(account.id, "role", path, name);
  // ARNs have a case.
  if (ownArn !== arn) return undefined;
  return { account, id, name, arn, tags, trust, maxSessionSeconds };
}

export function findProvider(sql: SqlStorage, arn: string): TrustedProvider | undefined {
  const row = sql
    .exec<{ client_ids: string }>("SELECT client_ids FROM oidc_provider WHERE arn = ?", arn)
    .toArray()[0];
  return row && { arn, clientIds: JSON.parse(row.client_ids) as string[] };
}
