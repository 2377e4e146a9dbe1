import type { AccountUsage } from "../../ports/identity-records.ts";
import { type Call, Refusal } from "./call.ts";

/** An account has one at most: a new one takes the place of the old. */
export function putAlias(call: Call, alias: string): void {
  const { sql, account } = call;
  const query = "SELECT 1 FROM account WHERE alias = ? AND id <> ?";
  if (sql.exec(query, alias, account.id).toArray().length > 0)
    throw new Refusal("EntityAlreadyExists", `The account alias ${alias} already exists.`);
  sql.exec("UPDATE account SET alias = ? WHERE id = ?", alias, account.id);
}

export function deleteAlias(call: Call, alias: string): void {
  if (getAlias(call) !== alias)
    throw new Refusal("NoSuchEntity", `The account alias ${alias} cannot be found.`);
  call.sql.exec("UPDATE account SET alias = NULL WHERE id = ?", call.account.id);
}

export function getAlias({ sql, account }: Call): string | undefined {
  const query = "SELECT alias FROM account WHERE id = ?";
  return sql.exec<{ alias: string | null }>(query, account.id).one().alias ?? undefined;
}

export function getAccountUsage({ sql, account }: Call): AccountUsage {
  const count = (query: string): number =>
    sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${query}`, account.id).one().n;
  return {
    users: count("iam_user WHERE account_id = ?"),
    groups: count("iam_group WHERE account_id = ?"),
    roles: count("iam_role WHERE account_id = ?"),
    policies: count("managed_policy WHERE account_id = ?"),
    policyVersions: count(
      "managed_policy_version JOIN managed_policy ON arn = policy_arn WHERE account_id = ?",
    ),
    providers: count("oidc_provider WHERE account_id = ?"),
    rootKeys: count("access_key WHERE account_id = ? AND user_id IS NULL"),
  };
}
