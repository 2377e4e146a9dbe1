import type { AccountUserDraft } from "../../ports/account-directory.ts";
import { insertKey } from "../access-keys.ts";
import { insertAttachment } from "./attachments.ts";
import type { Call } from "./call.ts";
import { insertInlinePolicy } from "./inline-policies.ts";
import { insertUser } from "./users.ts";

type Owner = Pick<Call, "account" | "sql">;

/**
 * Makes the users that an account is put with as they are described; those of that origin that are not among them go, and
 * those that the account made itself stay.
 */
export function putUsers({ sql, account }: Owner, users: readonly AccountUserDraft[]): void {
  const staying = new Set(users.map((user) => putUser({ sql, account }, user)));
  const query = "SELECT id FROM iam_user WHERE account_id = ? AND origin = 'account'";
  const before = sql.exec<{ id: string }>(query, account.id).toArray();
  for (const { id } of before) if (!staying.has(id)) deleteUser(sql, id);
}

/** @returns its unique id */
function putUser(owner: Owner, user: AccountUserDraft): string {
  const { sql, account } = owner;
  const { name, path, keys, managedPolicies, inlinePolicies } = user;
  const known = sql
    .exec<{ id: string }>(
      `UPDATE iam_user SET name = ?, path = ?, origin = 'account'
       WHERE account_id = ? AND name_lower = ? RETURNING id`,
      name,
      path,
      account.id,
      name.toLowerCase(),
    )
    .toArray()[0];
  const draft = { name, path, tags: [], boundaryArn: undefined };
  const { id } = known ?? insertUser(owner, draft, "account");
  for (const statement of WHAT_IT_MAY) sql.exec(statement, id);
  for (const policy of inlinePolicies) insertInlinePolicy(sql, id, policy);
  for (const arn of managedPolicies) insertAttachment(sql, id, arn);
  for (const key of keys)
    insertKey(sql, { accountId: account.id, userId: id, origin: "account" }, key);
  return id;
}

/** Its policies, and its groups, which have some, too. */
const WHAT_IT_MAY = [
  "DELETE FROM inline_policy WHERE owner_id = ?",
  "DELETE FROM attachment WHERE owner_id = ?",
  "DELETE FROM group_member WHERE user_id = ?",
];

/** With all that it has. */
function deleteUser(sql: SqlStorage, id: string): void {
  sql.exec("DELETE FROM access_key WHERE user_id = ?", id);
  for (const statement of WHAT_IT_MAY) sql.exec(statement, id);
  sql.exec("DELETE FROM iam_user WHERE id = ?", id);
}

/** The unique ids of an account's users and roles. */
export function userIdsOf(sql: SqlStorage, accountId: string): string[] {
  return sql
    .exec<{ id: string }>(
      `SELECT id FROM iam_user WHERE account_id = ?1
       UNION ALL SELECT id FROM iam_role WHERE account_id = ?1`,
      accountId,
    )
    .toArray()
    .map(({ id }) => id);
}

const OWNERS = `SELECT id FROM iam_user WHERE account_id = ?1
                UNION ALL SELECT id FROM iam_group WHERE account_id = ?1
                UNION ALL SELECT id FROM iam_role WHERE account_id = ?1`;

/** All that an account has of IAM, but for its access keys. */
export function deleteIdentities(sql: SqlStorage, accountId: string): void {
  for (const statement of [
    `DELETE FROM inline_policy WHERE owner_id IN (${OWNERS})`,
    `DELETE FROM attachment WHERE owner_id IN (${OWNERS})`,
    "DELETE FROM group_member WHERE group_id IN (SELECT id FROM iam_group WHERE account_id = ?1)",
    `DELETE FROM managed_policy_version
     WHERE policy_arn IN (SELECT arn FROM managed_policy WHERE account_id = ?1)`,
    ...["managed_policy", "oidc_provider", "iam_user", "iam_group", "iam_role"].map(
      (table) => `DELETE FROM ${table} WHERE account_id = ?1`,
    ),
  ])
    sql.exec(statement, accountId);
}
