import type { Page } from "../../../protocol/query-api/pages.ts";
import type { DetailsRequest } from "../../ports/identity-directory.ts";
import type {
  AuthorizationDetail,
  EntityDetail,
  InlinePolicy,
} from "../../ports/identity-records.ts";
import type { Call } from "./call.ts";
import { entityOf, listEntities, pageOf } from "./entities.ts";
import { listPolicies } from "./managed-policies.ts";
import { listPolicyVersions } from "./policy-versions.ts";
import { roleOf, type RoleRow } from "./roles.ts";
import { userOf, type UserRow } from "./users.ts";

/** A policy has five versions at most. */
const ALL_VERSIONS = { after: undefined, limit: 5 };

/** In the order of their kinds, then of their names. */
export function getAuthorizationDetails(
  call: Call,
  { kinds, after = "", limit }: DetailsRequest,
): Page<AuthorizationDetail> {
  const found: { readonly position: string; readonly detail: AuthorizationDetail }[] = [];
  for (const kind of kinds.toSorted()) {
    if (found.length > limit) break;
    const prefix = `${kind}/`;
    // Kinds before that of the last item were told as a whole.
    if (after > `${prefix}\uffff`) continue;
    const request = {
      pathPrefix: "/",
      after: after.startsWith(prefix) ? after.slice(prefix.length) : undefined,
      limit: limit + 1 - found.length,
    };
    for (const detail of detailsOf(call, kind, request))
      found.push({ position: prefix + detail.record.name.toLowerCase(), detail });
  }
  return pageOf(
    found,
    limit,
    ({ position }) => position,
    ({ detail }) => detail,
  );
}

function detailsOf(
  call: Call,
  kind: DetailsRequest["kinds"][number],
  request: Parameters<typeof listEntities>[2],
): readonly AuthorizationDetail[] {
  switch (kind) {
    case "user":
      return listEntities<UserRow, AuthorizationDetail>(call, kind, request, (row) => ({
        kind,
        record: userOf(row),
        groupNames: groupNamesOf(call, row.id),
        ...policiesOf(call, row.id),
      })).items;
    case "group":
      return listEntities(call, kind, request, (row) => ({
        kind,
        record: entityOf(row),
        ...policiesOf(call, row.id),
      })).items;
    case "role":
      return listEntities<RoleRow, AuthorizationDetail>(call, kind, request, (row) => ({
        kind,
        record: roleOf(row),
        ...policiesOf(call, row.id),
      })).items;
    case "policy":
  }
  return listPolicies(call, { ...request, onlyAttached: false, usage: undefined }).items.map(
    (record) => ({
      kind,
      record,
      versions: listPolicyVersions(call, record.arn, ALL_VERSIONS).items,
    }),
  );
}

function policiesOf({ sql }: Call, ownerId: string): EntityDetail {
  const inline = sql
    .exec<InlinePolicy & Record<string, SqlStorageValue>>(
      "SELECT name, document FROM inline_policy WHERE owner_id = ?",
      ownerId,
    )
    .toArray();
  const attached = sql
    .exec<{ arn: string }>("SELECT policy_arn AS arn FROM attachment WHERE owner_id = ?", ownerId)
    .toArray();
  return { inlinePolicies: inline, attachedArns: attached.map(({ arn }) => arn) };
}

function groupNamesOf({ sql }: Call, userId: string): readonly string[] {
  return sql
    .exec<{ name: string }>(
      `SELECT name FROM group_member JOIN iam_group ON id = group_id
       WHERE user_id = ? ORDER BY name_lower`,
      userId,
    )
    .toArray()
    .map(({ name }) => name);
}
