import type { TagSet } from "../../../protocol/tag-set.ts";
import type { FoundPrincipal, PolicyRecord } from "../../ports/account-directory.ts";
import type { EntityKind, EntityPolicies } from "../../ports/identity-records.ts";
import type { Call } from "./call.ts";
import { entityOf, type EntityRow, entityRow, rowById } from "./entities.ts";
import type { UserRow } from "./users.ts";
import { accountById } from "../account-rows.ts";

interface PrincipalRow extends UserRow {
  account_id: string;
}

/** A user or a role by its unique id, with all that requests of it or its sessions are decided by. */
export function findPrincipal(sql: SqlStorage, uniqueId: string): FoundPrincipal | undefined {
  const kind = uniqueId.startsWith("AROA") ? "role" : "user";
  const row = rowById<PrincipalRow>({ sql }, kind, uniqueId);
  const account = row && accountById(sql, row.account_id);
  if (row === undefined || account === undefined) return undefined;
  const { name, path, tags, boundary_arn: boundaryArn } = row;
  return {
    account,
    kind,
    uniqueId,
    name,
    path,
    tags: JSON.parse(tags) as TagSet,
    policies: [uniqueId, ...groupsOf(sql, uniqueId)].flatMap((owner) => policiesOf(sql, owner)),
    ...(boundaryArn !== null && { boundary: managedPolicy(sql, boundaryArn) }),
  };
}

/** @throws Refusal NoSuchEntity */
export function findPolicies(call: Call, kind: EntityKind, name: string): EntityPolicies {
  const { sql } = call;
  const row = entityRow<EntityRow & { boundary_arn?: string | null }>(call, kind, name);
  const groups = groupsOf(sql, row.id).flatMap((id) => rowById(call, "group", id) ?? []);
  const owners = [
    { kind, row },
    ...groups.map((group) => ({ kind: "group" as const, row: group })),
  ];
  const boundaryArn = row.boundary_arn ?? undefined;
  return {
    entity: entityOf(row),
    policies: owners.flatMap((owner) =>
      policiesOf(sql, owner.row.id).map((policy) => ({
        ...policy,
        kind: owner.kind,
        ownerName: owner.row.name,
      })),
    ),
    ...(boundaryArn !== undefined && { boundary: managedPolicy(sql, boundaryArn) }),
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
export function managedPolicy(sql: SqlStorage, arn: string): PolicyRecord {
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
