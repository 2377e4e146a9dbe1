import type { Page } from "../../../protocol/query-api/pages.ts";
import type { TagSet } from "../../../protocol/tag-set.ts";
import type { ListRequest } from "../../ports/identity-directory.ts";
import type { EntityKind, EntityRecord, Renaming } from "../../ports/identity-records.ts";
import { type Call, Refusal } from "./call.ts";
import { pageOf } from "../page-of.ts";

/** The columns that users, groups, and roles have alike. */
export interface EntityRow extends Record<string, SqlStorageValue> {
  id: string;
  name: string;
  name_lower: string;
  path: string;
  created_ms: number;
}

const KINDS = {
  user: { table: "iam_user", noun: "User", quota: ["UsersPerAccount", 5000] },
  group: { table: "iam_group", noun: "Group", quota: ["GroupsPerAccount", 500] },
  role: { table: "iam_role", noun: "Role", quota: ["RolesPerAccount", 1000] },
} as const;

export function tableOf(kind: EntityKind): string {
  return KINDS[kind].table;
}

/** @throws Refusal NoSuchEntity */
export function entityRow<Row extends EntityRow>(call: Call, kind: EntityKind, name: string): Row {
  const row = findRow<Row>(call, kind, name);
  if (row !== undefined) return row;
  throw new Refusal("NoSuchEntity", `The ${kind} with name ${name} cannot be found.`);
}

/** By its id, in whatever account. */
export function rowById<Row extends EntityRow>(
  { sql }: Pick<Call, "sql">,
  kind: EntityKind,
  id: string,
): Row | undefined {
  return sql.exec<Row>(`SELECT * FROM ${tableOf(kind)} WHERE id = ?`, id).toArray()[0];
}

function findRow<Row extends EntityRow>(
  { sql, account }: Call,
  kind: EntityKind,
  name: string,
): Row | undefined {
  const query = `SELECT * FROM ${tableOf(kind)} WHERE account_id = ? AND name_lower = ?`;
  return sql.exec<Row>(query, account.id, name.toLowerCase()).toArray()[0];
}

export function entityOf(row: EntityRow): EntityRecord {
  return { id: row.id, name: row.name, path: row.path, createdMs: row.created_ms };
}

/** What an entity's ARN takes, its tags, and its boundary; groups have neither. */
export function findEntity(
  call: Call,
  kind: EntityKind,
  name: string,
): EntityRecord & { tags?: TagSet; boundaryArn?: string } {
  const row = entityRow<EntityRow & { tags?: string; boundary_arn?: string | null }>(
    call,
    kind,
    name,
  );
  const boundaryArn = row.boundary_arn ?? undefined;
  return {
    ...entityOf(row),
    ...(row.tags !== undefined && { tags: JSON.parse(row.tags) as TagSet }),
    ...(boundaryArn !== undefined && { boundaryArn }),
  };
}

/** What only users and roles have. */
export function taggedOf(row: { tags: string; boundary_arn: string | null }): {
  tags: TagSet;
  boundaryArn: string | undefined;
} {
  return { tags: JSON.parse(row.tags) as TagSet, boundaryArn: row.boundary_arn ?? undefined };
}

/**
 * A name that a new entity is to have.
 *
 * @throws Refusal EntityAlreadyExists, LimitExceeded
 */
export function requireRoomFor(call: Call, kind: EntityKind, name: string): void {
  requireNewName(call, kind, name);
  const { table, quota } = KINDS[kind];
  const [quotaName, limit] = quota;
  requireBelow(call, `SELECT count(*) AS n FROM ${table} WHERE account_id = ?`, call.account.id, [
    quotaName,
    limit,
  ]);
}

function requireNewName(call: Call, kind: EntityKind, name: string): void {
  if (findRow(call, kind, name) !== undefined)
    throw new Refusal(
      "EntityAlreadyExists",
      `${KINDS[kind].noun} with name ${name} already exists.`,
    );
}

/** @throws Refusal LimitExceeded when the count has reached its limit */
export function requireBelow(
  { sql }: Call,
  countQuery: string,
  parameter: string,
  [quotaName, limit]: readonly [name: string, limit: number],
): void {
  const { n } = sql.exec<{ n: number }>(countQuery, parameter).one();
  if (n >= limit)
    throw new Refusal("LimitExceeded", `Cannot exceed quota for ${quotaName}: ${limit}`);
}

/** @throws Refusal EntityAlreadyExists */
export function rename(call: Call, kind: "group" | "user", name: string, to: Renaming): EntityRow {
  const row = entityRow(call, kind, name);
  const newName = to.name ?? row.name;
  if (newName.toLowerCase() !== row.name_lower) requireNewName(call, kind, newName);
  call.sql.exec(
    `UPDATE ${tableOf(kind)} SET name = ?, name_lower = ?, path = ? WHERE id = ?`,
    newName,
    newName.toLowerCase(),
    to.path ?? row.path,
    row.id,
  );
  return row;
}

/**
 * Of what goes with an entity, what stands in the way of its end.
 *
 * @throws Refusal DeleteConflict
 */
export function requireNone(call: Call, query: string, id: string, what: string): void {
  if (call.sql.exec(`${query} LIMIT 1`, id).toArray().length > 0)
    throw new Refusal("DeleteConflict", `Cannot delete entity, must ${what} first.`);
}

/** @throws Refusal DeleteConflict */
export function requireNoPolicies(call: Call, id: string): void {
  requireNone(call, "SELECT 1 FROM attachment WHERE owner_id = ?", id, "detach all policies");
  requireNone(call, "SELECT 1 FROM inline_policy WHERE owner_id = ?", id, "delete policies");
}

/** A page of an account's entities in the order of their names in small letters, as AWS lists them. */
export function listEntities<Row extends EntityRow, Item>(
  { sql, account }: Call,
  kind: EntityKind,
  { pathPrefix, after = "", limit }: ListRequest,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const rows = sql
    .exec<Row>(
      `SELECT * FROM ${tableOf(kind)}
       WHERE account_id = ? AND name_lower > ? AND substr(path, 1, length(?)) = ?
       ORDER BY name_lower LIMIT ?`,
      account.id,
      after,
      pathPrefix,
      pathPrefix,
      limit + 1,
    )
    .toArray();
  return pageOf(rows, limit, (row) => row.name_lower, itemOf);
}
