import type { TagSet } from "../../../protocol/tag-set.ts";
import type { PolicyRecord, PrincipalRecord } from "../../ports/account-directory.ts";

interface PrincipalRow extends Record<string, SqlStorageValue> {
  name: string;
  path: string;
  tags: string;
  boundary_arn: string | null;
}

/** A user by its unique id, with all that its requests are decided by. */
export function findPrincipal(sql: SqlStorage, uniqueId: string): PrincipalRecord | undefined {
  const query = "SELECT name, path, tags, boundary_arn FROM iam_user WHERE id = ?";
  const row = sql.exec<PrincipalRow>(query, uniqueId).toArray()[0];
  if (row === undefined) return undefined;
  const { name, path, tags, boundary_arn: boundaryArn } = row;
  return {
    kind: "user",
    uniqueId,
    name,
    path,
    tags: JSON.parse(tags) as TagSet,
    policies: [uniqueId, ...groupsOf(sql, uniqueId)].flatMap((owner) => policiesOf(sql, owner)),
    ...(boundaryArn !== null && { boundary: managedPolicy(sql, boundaryArn) }),
  };
}

function groupsOf(sql: SqlStorage, userId: string): string[] {
  const query = "SELECT group_id FROM group_member WHERE user_id = ?";
  return sql
    .exec<{ group_id: string }>(query, userId)
    .toArray()
    .map(({ group_id: id }) => id);
}

function policiesOf(sql: SqlStorage, ownerId: string): readonly PolicyRecord[] {
  const inline = sql
    .exec<{ id: string; document: string }>(
      "SELECT name AS id, document FROM inline_policy WHERE owner_id = ?",
      ownerId,
    )
    .toArray();
  const attached = sql
    .exec<{ policy_arn: string }>("SELECT policy_arn FROM attachment WHERE owner_id = ?", ownerId)
    .toArray();
  return [...inline, ...attached.map(({ policy_arn: arn }) => managedPolicy(sql, arn))];
}

/** Without a document: it is one of AWS's own. */
function managedPolicy(sql: SqlStorage, arn: string): PolicyRecord {
  const row = sql
    .exec<{ document: string }>(
      `SELECT document FROM managed_policy
       JOIN managed_policy_version ON policy_arn = arn AND version = default_version
       WHERE arn = ?`,
      arn,
    )
    .toArray()[0];
  return { id: arn, ...row };
}
