import { newUniqueId } from "../../../protocol/iam/unique-id.ts";
import type { Page } from "../../../protocol/query-api/pages.ts";
import type { ListRequest, PrincipalId } from "../../ports/identity-directory.ts";
import type { RoleChange, RoleDraft, RoleRecord } from "../../ports/identity-records.ts";
import { requireBoundary } from "./boundaries.ts";
import type { Call } from "./call.ts";
import {
  entityOf,
  entityRow,
  listEntities,
  requireNoPolicies,
  requireRoomFor,
  taggedOf,
} from "./entities.ts";
import type { UserRow } from "./users.ts";

export interface RoleRow extends UserRow {
  trust: string;
  trust_ids: string;
  description: string | null;
  max_session_seconds: number;
  last_used_ms: number | null;
  last_region: string | null;
}

export function createRole(call: Call, draft: RoleDraft): RoleRecord {
  const { sql, account } = call;
  const { name, path, tags, boundaryArn, trust, description, maxSessionSeconds } = draft;
  requireRoomFor(call, "role", name);
  requireBoundary(call, boundaryArn);
  const role = { ...draft, id: newUniqueId("AROA"), createdMs: Date.now(), lastUsed: undefined };
  sql.exec(
    `INSERT INTO iam_role (id, account_id, name, name_lower, path, created_ms, tags, boundary_arn,
                           trust, trust_ids, description, max_session_seconds)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    role.id,
    account.id,
    name,
    name.toLowerCase(),
    path,
    role.createdMs,
    JSON.stringify(tags),
    boundaryArn ?? null,
    trust.text,
    JSON.stringify(trust.ids),
    description ?? null,
    maxSessionSeconds,
  );
  // That there was none of its name is remembered, too.
  call.changed.add(role.id);
  return role;
}

export function getRole(call: Call, name: string): RoleRecord {
  return roleOf(entityRow<RoleRow>(call, "role", name));
}

export function listRoles(call: Call, request: ListRequest): Page<RoleRecord> {
  return listEntities<RoleRow, RoleRecord>(call, "role", request, roleOf);
}

export function updateRole(call: Call, name: string, change: RoleChange): RoleRecord {
  const before = getRole(call, name);
  const { trust, description, maxSessionSeconds } = { ...before, ...change };
  call.sql.exec(
    `UPDATE iam_role SET trust = ?, trust_ids = ?, description = ?, max_session_seconds = ?
     WHERE id = ?`,
    trust.text,
    JSON.stringify(trust.ids),
    description ?? null,
    maxSessionSeconds,
    before.id,
  );
  call.changed.add(before.id);
  return getRole(call, name);
}

export function deleteRole(call: Call, name: string): void {
  const { id } = entityRow(call, "role", name);
  requireNoPolicies(call, id);
  call.sql.exec("DELETE FROM iam_role WHERE id = ?", id);
  call.changed.add(id);
}

export function roleOf(row: RoleRow): RoleRecord {
  const lastUsed =
    row.last_used_ms === null
      ? undefined
      : { atMs: row.last_used_ms, region: row.last_region ?? "" };
  return {
    ...entityOf(row),
    ...taggedOf(row),
    trust: { text: row.trust, ids: JSON.parse(row.trust_ids) as Record<string, string> },
    description: row.description ?? undefined,
    maxSessionSeconds: row.max_session_seconds,
    lastUsed,
  };
}

const ENTITY_ARN = /^arn:aws:iam::([^:]*):(user|role)(\/.*)$/;

export function findPrincipals(call: Call, arns: readonly string[]): readonly PrincipalId[] {
  return arns.map((arn) => idOfArn(call, arn));
}

function idOfArn({ sql, account }: Call, arn: string): PrincipalId {
  const [, accountId = "", kind, pathAndName = ""] = arn.match(ENTITY_ARN) ?? [];
  const isKnown =
    accountId === account.id ||
    sql.exec("SELECT 1 FROM account WHERE id = ?", accountId).toArray().length > 0;
  if (!isKnown) return "elsewhere";
  const nameAt = pathAndName.lastIndexOf("/") + 1;
  const query = `SELECT id FROM ${kind === "role" ? "iam_role" : "iam_user"}
                 WHERE account_id = ? AND name_lower = ? AND name = ? AND path = ?`;
  const name = pathAndName.slice(nameAt);
  const found = sql
    .exec<{ id: `A${string}` }>(
      query,
      accountId,
      name.toLowerCase(),
      name,
      pathAndName.slice(0, nameAt),
    )
    .toArray()[0];
  return found?.id ?? "missing";
}
