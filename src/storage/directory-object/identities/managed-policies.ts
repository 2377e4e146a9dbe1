import { iamArn } from "../../../protocol/iam/arns.ts";
import { newUniqueId } from "../../../protocol/iam/unique-id.ts";
import type { Page } from "../../../protocol/query-api/pages.ts";
import type { TagSet } from "../../../protocol/tag-set.ts";
import type {
  EntitiesRequest,
  PoliciesRequest,
  PolicyName,
} from "../../ports/identity-directory.ts";
import type {
  ManagedPolicyRecord,
  PolicyDraft,
  PolicyEntity,
  PolicyUsage,
} from "../../ports/identity-records.ts";
import { type Call, Refusal } from "./call.ts";
import { entityOf, type EntityRow, requireBelow, tableOf } from "./entities.ts";
import { pageOf } from "../page-of.ts";

interface PolicyRow extends EntityRow {
  arn: string;
  description: string | null;
  tags: string;
  default_version: number;
  updated_ms: number;
}

const MAX_POLICIES = ["PoliciesPerAccount", 1500] as const;

export function createPolicy(call: Call, draft: PolicyDraft): ManagedPolicyRecord {
  const { sql, account } = call;
  const { name, path, description, tags, document } = draft;
  const query = "SELECT 1 FROM managed_policy WHERE account_id = ? AND name_lower = ?";
  if (sql.exec(query, account.id, name.toLowerCase()).toArray().length > 0) {
    const message = `A policy called ${name} already exists. Duplicate names are not allowed.`;
    throw new Refusal("EntityAlreadyExists", message);
  }
  const counted = "SELECT count(*) AS n FROM managed_policy WHERE account_id = ?";
  requireBelow(call, counted, account.id, MAX_POLICIES);
  const arn = iamArn(account.id, "policy", path, name);
  const nowMs = Date.now();
  sql.exec(
    `INSERT INTO managed_policy (arn, id, account_id, name, name_lower, path, description, tags,
                                 default_version, next_version, created_ms, updated_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 2, ?, ?)`,
    arn,
    newUniqueId("ANPA"),
    account.id,
    name,
    name.toLowerCase(),
    path,
    description ?? null,
    JSON.stringify(tags),
    nowMs,
    nowMs,
  );
  sql.exec(
    `INSERT INTO managed_policy_version (policy_arn, version, document, created_ms)
     VALUES (?, 1, ?, ?)`,
    arn,
    document,
    nowMs,
  );
  return getPolicy(call, arn);
}

export function getPolicy(call: Call, arn: string): ManagedPolicyRecord {
  return policyOf(call, policyRow(call, arn));
}

/** @throws Refusal NoSuchEntity for policies of other accounts, too */
export function policyRow({ sql, account }: Call, arn: string): PolicyRow {
  const row = sql
    .exec<PolicyRow>(
      "SELECT * FROM managed_policy WHERE arn = ? AND account_id = ?",
      arn,
      account.id,
    )
    .toArray()[0];
  if (row === undefined) throw new Refusal("NoSuchEntity", `Policy ${arn} was not found.`);
  return row;
}

/** The account has such a policy. */
export function isOwnPolicy({ sql, account }: Call, arn: string): boolean {
  const query = "SELECT 1 FROM managed_policy WHERE arn = ? AND account_id = ?";
  return sql.exec(query, arn, account.id).toArray().length > 0;
}

const IS_ATTACHED = "EXISTS (SELECT 1 FROM attachment WHERE policy_arn = arn)";
const IS_BOUNDARY = `(EXISTS (SELECT 1 FROM iam_user WHERE boundary_arn = arn)
                      OR EXISTS (SELECT 1 FROM iam_role WHERE boundary_arn = arn))`;

export function listPolicies(call: Call, request: PoliciesRequest): Page<ManagedPolicyRecord> {
  const { pathPrefix, onlyAttached, usage, after = "", limit } = request;
  const conditions = [
    ...(onlyAttached || usage === "permissions" ? [IS_ATTACHED] : []),
    ...(usage === "boundary" ? [IS_BOUNDARY] : []),
  ].map((condition) => ` AND ${condition}`);
  const rows = call.sql
    .exec<PolicyRow>(
      `SELECT * FROM managed_policy
       WHERE account_id = ? AND name_lower > ? AND substr(path, 1, length(?)) = ?${conditions.join("")}
       ORDER BY name_lower LIMIT ?`,
      call.account.id,
      after,
      pathPrefix,
      pathPrefix,
      limit + 1,
    )
    .toArray();
  return pageOf(
    rows,
    limit,
    ({ name_lower: position }) => position,
    (row) => policyOf(call, row),
  );
}

function policyOf(call: Call, row: PolicyRow): ManagedPolicyRecord {
  return {
    ...entityOf(row),
    ...usageOf(call, row.arn),
    arn: row.arn,
    description: row.description ?? undefined,
    tags: JSON.parse(row.tags) as TagSet,
    defaultVersion: row.default_version,
    updatedMs: row.updated_ms,
  };
}

export function getPolicyUsage(call: Call, arns: readonly string[]): readonly PolicyUsage[] {
  return arns.map((arn) => usageOf(call, arn));
}

/** Of a policy of AWS's own, by the entities of this account. */
function usageOf({ sql, account }: Call, arn: string): PolicyUsage {
  const countOf = (query: string): number =>
    sql.exec<{ n: number }>(query, arn, account.id).one().n;
  const count = (kind: "group" | "role" | "user"): number =>
    countOf(
      `SELECT count(*) AS n FROM attachment JOIN ${tableOf(kind)} ON id = owner_id
       WHERE policy_arn = ? AND account_id = ?`,
    );
  const bounded = (kind: "role" | "user"): number =>
    countOf(`SELECT count(*) AS n FROM ${tableOf(kind)} WHERE boundary_arn = ? AND account_id = ?`);
  return {
    attachments: count("user") + count("group") + count("role"),
    boundaries: bounded("user") + bounded("role"),
  };
}

export function deletePolicy(call: Call, arn: string): void {
  policyRow(call, arn);
  const { attachments, boundaries } = usageOf(call, arn);
  if (attachments + boundaries > 0)
    throw new Refusal("DeleteConflict", "Cannot delete a policy attached to entities.");
  const { sql } = call;
  const query = "SELECT count(*) AS n FROM managed_policy_version WHERE policy_arn = ?";
  if (sql.exec<{ n: number }>(query, arn).one().n > 1)
    throw new Refusal(
      "DeleteConflict",
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    );
  sql.exec("DELETE FROM managed_policy_version WHERE policy_arn = ?", arn);
  sql.exec("DELETE FROM managed_policy WHERE arn = ?", arn);
  noteUsers(call, arn);
}

/** In the order of their kinds, then of their names. */
export function listEntitiesForPolicy(
  call: Call,
  { arn, isAws }: PolicyName,
  { kinds, usage, pathPrefix, after = "", limit }: EntitiesRequest,
): Page<PolicyEntity> {
  if (!isAws) policyRow(call, arn);
  const { sql, account } = call;
  const found = kinds.flatMap((kind) => {
    const bounds = kind !== "group" && usage !== "permissions" ? "boundary_arn = ?1" : "FALSE";
    const has =
      usage === "boundary"
        ? "FALSE"
        : "id IN (SELECT owner_id FROM attachment WHERE policy_arn = ?1)";
    const rows = sql
      .exec<EntityRow>(
        `SELECT * FROM ${tableOf(kind)} WHERE account_id = ?2 AND (${has} OR ${bounds})
           AND substr(path, 1, length(?3)) = ?3 AND ?4 || name_lower > ?5
         ORDER BY name_lower LIMIT ?6`,
        arn,
        account.id,
        pathPrefix,
        `${kind}/`,
        after,
        limit + 1,
      )
      .toArray();
    return rows.map((row) => ({ kind, row }));
  });
  return pageOf(
    found,
    limit,
    ({ kind, row }) => `${kind}/${row.name_lower}`,
    ({ kind, row: { id, name } }) => ({ kind, id, name }),
  );
}

/** All whose permissions a managed policy has a part in. */
export function noteUsers({ sql, changed }: Call, arn: string): void {
  const owners = sql.exec<{ id: string }>(
    `SELECT owner_id AS id FROM attachment WHERE policy_arn = ?1
     UNION SELECT id FROM iam_user WHERE boundary_arn = ?1
     UNION SELECT id FROM iam_role WHERE boundary_arn = ?1`,
    arn,
  );
  for (const { id } of owners.toArray()) changed.add(id);
  // Of the sessions that it limits.
  changed.add(arn);
}
