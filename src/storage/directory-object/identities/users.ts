import { newUniqueId } from "../../../protocol/iam/unique-id.ts";
import type { Page } from "../../../protocol/query-api/pages.ts";
import type { TagSet } from "../../../protocol/tag-set.ts";
import type { ListRequest, UserDraft, UserRecord } from "../../ports/identity-directory.ts";
import { type Call, Refusal } from "./call.ts";
import { listNamed } from "./named-rows.ts";

interface UserRow extends Record<string, SqlStorageValue> {
  id: string;
  name: string;
  name_lower: string;
  path: string;
  created_ms: number;
  tags: string;
  boundary_arn: string | null;
}

export function createUser(call: Call, draft: UserDraft): UserRecord {
  const { sql, account } = call;
  const { name, path, tags, boundaryArn } = draft;
  if (findUser(call, name) !== undefined)
    throw new Refusal("EntityAlreadyExists", `User with name ${name} already exists.`);
  const user = { ...draft, id: newUniqueId("AIDA"), createdMs: Date.now() };
  sql.exec(
    `INSERT INTO iam_user (id, account_id, name, name_lower, path, created_ms, origin, tags, boundary_arn)
     VALUES (?, ?, ?, ?, ?, ?, 'api', ?, ?)`,
    user.id,
    account.id,
    name,
    name.toLowerCase(),
    path,
    user.createdMs,
    JSON.stringify(tags),
    boundaryArn ?? null,
  );
  return user;
}

export function getUser(call: Call, name: string): UserRecord {
  const user = findUser(call, name);
  if (user !== undefined) return user;
  throw new Refusal("NoSuchEntity", `The user with name ${name} cannot be found.`);
}

export function listUsers(call: Call, request: ListRequest): Page<UserRecord> {
  return listNamed<UserRow, UserRecord>(call, "iam_user", request, userOf);
}

export function deleteUser(call: Call, name: string): void {
  const { id } = getUser(call, name);
  const { sql } = call;
  const count = (query: string): number => sql.exec(query, id).toArray().length;
  if (count("SELECT 1 FROM access_key WHERE user_id = ? LIMIT 1") > 0)
    throw new Refusal("DeleteConflict", "Cannot delete entity, must delete access keys first.");
  if (count("SELECT 1 FROM attachment WHERE owner_id = ? LIMIT 1") > 0)
    throw new Refusal("DeleteConflict", "Cannot delete entity, must detach all policies first.");
  if (count("SELECT 1 FROM inline_policy WHERE owner_id = ? LIMIT 1") > 0)
    throw new Refusal("DeleteConflict", "Cannot delete entity, must delete policies first.");
  if (count("SELECT 1 FROM group_member WHERE user_id = ? LIMIT 1") > 0)
    throw new Refusal(
      "DeleteConflict",
      "Cannot delete entity, must remove users from group first.",
    );
  sql.exec("DELETE FROM iam_user WHERE id = ?", id);
  call.changed.add(id);
}

function findUser({ sql, account }: Call, name: string): UserRecord | undefined {
  const row = sql
    .exec<UserRow>(
      `SELECT id, name, name_lower, path, created_ms, tags, boundary_arn
       FROM iam_user WHERE account_id = ? AND name_lower = ?`,
      account.id,
      name.toLowerCase(),
    )
    .toArray()[0];
  return row && userOf(row);
}

function userOf(row: UserRow): UserRecord {
  return {
    id: row.id,
    name: row.name,
    path: row.path,
    createdMs: row.created_ms,
    tags: JSON.parse(row.tags) as TagSet,
    boundaryArn: row.boundary_arn ?? undefined,
  };
}
