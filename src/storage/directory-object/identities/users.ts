import { newUniqueId } from "../../../protocol/iam/unique-id.ts";
import type { Page } from "../../../protocol/query-api/pages.ts";
import type { ListRequest } from "../../ports/identity-directory.ts";
import type { Renaming, UserDraft, UserRecord } from "../../ports/identity-records.ts";
import type { Call } from "./call.ts";
import {
  entityOf,
  entityRow,
  type EntityRow,
  listEntities,
  rename,
  requireNone,
  requireNoPolicies,
  requireRoomFor,
  taggedOf,
} from "./entities.ts";
import { requireBoundary } from "./boundaries.ts";

export interface UserRow extends EntityRow {
  tags: string;
  boundary_arn: string | null;
}

export function createUser(call: Call, draft: UserDraft): UserRecord {
  requireRoomFor(call, "user", draft.name);
  requireBoundary(call, draft.boundaryArn);
  return insertUser(call, draft, "api");
}

/** @param origin `account`: the account was put with it */
export function insertUser(
  { sql, account }: Pick<Call, "account" | "sql">,
  draft: UserDraft,
  origin: "account" | "api",
): UserRecord {
  const { name, path, tags, boundaryArn } = draft;
  const user = { ...draft, id: newUniqueId("AIDA"), createdMs: Date.now() };
  sql.exec(
    `INSERT INTO iam_user (id, account_id, name, name_lower, path, created_ms, origin, tags, boundary_arn)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    user.id,
    account.id,
    name,
    name.toLowerCase(),
    path,
    user.createdMs,
    origin,
    JSON.stringify(tags),
    boundaryArn ?? null,
  );
  return user;
}

export function getUser(call: Call, name: string): UserRecord {
  return userOf(entityRow<UserRow>(call, "user", name));
}

export function listUsers(call: Call, request: ListRequest): Page<UserRecord> {
  return listEntities<UserRow, UserRecord>(call, "user", request, userOf);
}

export function updateUser(call: Call, name: string, renaming: Renaming): void {
  call.changed.add(rename(call, "user", name, renaming).id);
}

export function deleteUser(call: Call, name: string): void {
  const { id } = entityRow(call, "user", name);
  requireNone(call, "SELECT 1 FROM access_key WHERE user_id = ?", id, "delete access keys");
  requireNoPolicies(call, id);
  requireNone(call, "SELECT 1 FROM group_member WHERE user_id = ?", id, "remove users from group");
  call.sql.exec("DELETE FROM iam_user WHERE id = ?", id);
  call.changed.add(id);
}

export function userOf(row: UserRow): UserRecord {
  return { ...entityOf(row), ...taggedOf(row) };
}
