import type { Page } from "../../../protocol/query-api/pages.ts";
import type { DetailsRequest } from "../../ports/identity-directory.ts";
import type {
  AuthorizationDetail,
  EntityDetail,
  InlinePolicy,
} from "../../ports/identity-records.ts";
import type { Call } from "./call.ts";
import { entityOf, listEntities } from "./entities.ts";
import { listPolicies } from "./managed-policies.ts";
import { listPolicyVersions } from "./policy-versions.ts";
import { roleOf, type RoleRow } from "./roles.ts";
import { userOf, type UserRow } from "./users.ts";

/** A policy has five versions at most. */
const ALL_VERSIONS = { after: undefined, limit: 5 };

/** The one Directory has the memory of one isolate: a page has no more text than about this, and is put together bit by bit. */
const MAX_CHARACTERS = 1_000_000;
const BATCH = 20;

interface Found {
  readonly position: string;
  readonly detail: AuthorizationDetail;
}

/** In the order of their kinds, then of their names. A page may end before its limit. */
export function getAuthorizationDetails(
  call: Call,
  request: DetailsRequest,
): Page<AuthorizationDetail> {
  const { limit } = request;
  const found: Found[] = [];
  let characters = 0;
  for (const item of foundIn(call, request)) {
    if (found.length >= limit || characters >= MAX_CHARACTERS)
      return { items: found.map(({ detail }) => detail), next: found.at(-1)?.position };
    found.push(item);
    characters += JSON.stringify(item.detail).length;
  }
  return { items: found.map(({ detail }) => detail), next: undefined };
}

function* foundIn(call: Call, { kinds, after = "" }: DetailsRequest): Generator<Found, void> {
  for (const kind of kinds.toSorted()) {
    const prefix = `${kind}/`;
    // Kinds before that of the last item were told as a whole.
    if (after > `${prefix}\uffff`) continue;
    let behind = after.startsWith(prefix) ? after.slice(prefix.length) : undefined;
    for (;;) {
      const page = { pathPrefix: "/", after: behind, limit: BATCH };
      const details = detailsOf(call, kind, page);
      for (const detail of details) {
        behind = detail.record.name.toLowerCase();
        yield { position: prefix + behind, detail };
      }
      if (details.length < BATCH) break;
    }
  }
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
