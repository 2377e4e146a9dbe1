import { newUniqueId } from "../../../protocol/iam/unique-id.ts";
import type { Page, PageRequest } from "../../../protocol/query-api/pages.ts";
import type { ListRequest } from "../../ports/identity-directory.ts";
import type {
  GroupDraft,
  GroupRecord,
  Renaming,
  UserRecord,
} from "../../ports/identity-records.ts";
import type { Call } from "./call.ts";
import {
  entityOf,
  entityRow,
  type EntityRow,
  listEntities,
  rename,
  requireBelow,
  requireNone,
  requireNoPolicies,
  requireRoomFor,
} from "./entities.ts";
import { userOf, type UserRow } from "./users.ts";
import { pageOf } from "../page-of.ts";

export function createGroup(call: Call, { name, path }: GroupDraft): GroupRecord {
  requireRoomFor(call, "group", name);
  const group = { id: newUniqueId("AGPA"), name, path, createdMs: Date.now() };
  call.sql.exec(
    `INSERT INTO iam_group (id, account_id, name, name_lower, path, created_ms)
     VALUES (?, ?, ?, ?, ?, ?)`,
    group.id,
    call.account.id,
    name,
    name.toLowerCase(),
    path,
    group.createdMs,
  );
  return group;
}

export function getGroup(
  call: Call,
  name: string,
  { after = "", limit }: PageRequest,
): { group: GroupRecord; users: Page<UserRecord> } {
  const row = entityRow(call, "group", name);
  const members = call.sql
    .exec<UserRow>(
      `SELECT iam_user.* FROM group_member JOIN iam_user ON iam_user.id = user_id
       WHERE group_id = ? AND name_lower > ? ORDER BY name_lower LIMIT ?`,
      row.id,
      after,
      limit + 1,
    )
    .toArray();
  const users = pageOf(members, limit, ({ name_lower: position }) => position, userOf);
  return { group: entityOf(row), users };
}

export function listGroups(call: Call, request: ListRequest): Page<GroupRecord> {
  return listEntities(call, "group", request, entityOf);
}

export function updateGroup(call: Call, name: string, renaming: Renaming): void {
  rename(call, "group", name, renaming);
}

export function deleteGroup(call: Call, name: string): void {
  const { id } = entityRow(call, "group", name);
  requireNone(call, "SELECT 1 FROM group_member WHERE group_id = ?", id, "remove users from group");
  requireNoPolicies(call, id);
  call.sql.exec("DELETE FROM iam_group WHERE id = ?", id);
}

const MAX_GROUPS = ["GroupsPerUser", 10] as const;

export function addUserToGroup(call: Call, groupName: string, userName: string): void {
  const { sql, changed } = call;
  const group = entityRow(call, "group", groupName);
  const user = entityRow(call, "user", userName);
  const query = "SELECT 1 FROM group_member WHERE group_id = ? AND user_id = ?";
  if (sql.exec(query, group.id, user.id).toArray().length > 0) return;
  requireBelow(
    call,
    "SELECT count(*) AS n FROM group_member WHERE user_id = ?",
    user.id,
    MAX_GROUPS,
  );
  sql.exec("INSERT INTO group_member (group_id, user_id) VALUES (?, ?)", group.id, user.id);
  changed.add(user.id);
}

export function removeUserFromGroup(call: Call, groupName: string, userName: string): void {
  const group = entityRow(call, "group", groupName);
  const user = entityRow(call, "user", userName);
  const statement = "DELETE FROM group_member WHERE group_id = ? AND user_id = ?";
  call.sql.exec(statement, group.id, user.id);
  call.changed.add(user.id);
}

export function listGroupsForUser(
  call: Call,
  userName: string,
  { after = "", limit }: PageRequest,
): Page<GroupRecord> {
  const user = entityRow(call, "user", userName);
  const rows = call.sql
    .exec<EntityRow>(
      `SELECT iam_group.* FROM group_member JOIN iam_group ON iam_group.id = group_id
       WHERE user_id = ? AND name_lower > ? ORDER BY name_lower LIMIT ?`,
      user.id,
      after,
      limit + 1,
    )
    .toArray();
  return pageOf(rows, limit, ({ name_lower: position }) => position, entityOf);
}
