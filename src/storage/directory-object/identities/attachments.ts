import type { Page } from "../../../protocol/query-api/pages.ts";
import type { ListRequest, PolicyName } from "../../ports/identity-directory.ts";
import type { EntityKind } from "../../ports/identity-records.ts";
import { type Call, Refusal } from "./call.ts";
import { entityRow, requireBelow } from "./entities.ts";
import { isOwnPolicy } from "./managed-policies.ts";
import { pageOf } from "../page-of.ts";

/** AWS's highest, which it raises its quota of 10 to. */
const MAX_ATTACHED = 20;
const QUOTA_NAMES = {
  user: "PoliciesPerUser",
  group: "PoliciesPerGroup",
  role: "PoliciesPerRole",
} as const;

/** What is attached already stays so. */
export function attachPolicy(
  call: Call,
  kind: EntityKind,
  name: string,
  { arn, isAws }: PolicyName,
): void {
  const { sql, changed } = call;
  const { id } = entityRow(call, kind, name);
  if (!isAws && !isOwnPolicy(call, arn))
    throw new Refusal("NoSuchEntity", `Policy ${arn} does not exist or is not attachable.`);
  const query = "SELECT 1 FROM attachment WHERE owner_id = ? AND policy_arn = ?";
  if (sql.exec(query, id, arn).toArray().length > 0) return;
  const counted = "SELECT count(*) AS n FROM attachment WHERE owner_id = ?";
  requireBelow(call, counted, id, [QUOTA_NAMES[kind], MAX_ATTACHED]);
  insertAttachment(sql, id, arn);
  changed.add(id);
}

export function insertAttachment(sql: SqlStorage, ownerId: string, policyArn: string): void {
  const statement = "INSERT OR IGNORE INTO attachment (owner_id, policy_arn) VALUES (?, ?)";
  sql.exec(statement, ownerId, policyArn);
}

export function detachPolicy(call: Call, kind: EntityKind, name: string, policyArn: string): void {
  const { id } = entityRow(call, kind, name);
  const statement = "DELETE FROM attachment WHERE owner_id = ? AND policy_arn = ? RETURNING 1";
  if (call.sql.exec(statement, id, policyArn).toArray().length === 0)
    throw new Refusal("NoSuchEntity", `Policy ${policyArn} was not found.`);
  call.changed.add(id);
}

/** Below a path: what follows `policy` in an ARN begins with it. */
export function listAttachedPolicies(
  call: Call,
  kind: EntityKind,
  name: string,
  { pathPrefix, after = "", limit }: ListRequest,
): Page<string> {
  const { id } = entityRow(call, kind, name);
  const rows = call.sql
    .exec<{ policy_arn: string }>(
      `SELECT policy_arn FROM attachment
       WHERE owner_id = ? AND policy_arn > ?
         AND substr(policy_arn, instr(policy_arn, ':policy/') + 7, length(?)) = ?
       ORDER BY policy_arn LIMIT ?`,
      id,
      after,
      pathPrefix,
      pathPrefix,
      limit + 1,
    )
    .toArray();
  const arnOf = (row: { policy_arn: string }): string => row.policy_arn;
  return pageOf(rows, limit, arnOf, arnOf);
}
