import type { Account } from "../owner.ts";

/**
 * Who may do what, beside policies.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
export interface Acl {
  readonly owner: Account;
  /** In the order they were given. */
  readonly grants: readonly AclGrant[];
}

export interface AclGrant {
  readonly grantee: Grantee;
  readonly permission: Permission;
}

export type Grantee =
  | { readonly kind: "account"; readonly canonicalId: string; readonly displayName: string }
  | { readonly kind: "group"; readonly group: Group };

/** One bit each, so that what somebody may do is one number. */
export const PERMISSION_BITS = {
  READ: 1,
  WRITE: 2,
  READ_ACP: 4,
  WRITE_ACP: 8,
  FULL_CONTROL: 15,
} as const;
export type Permission = keyof typeof PERMISSION_BITS;
export const PERMISSIONS = Object.keys(PERMISSION_BITS) as readonly Permission[];

const GROUP_URIS = {
  AllUsers: "http://acs.amazonaws.com/groups/global/AllUsers",
  AuthenticatedUsers: "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
  LogDelivery: "http://acs.amazonaws.com/groups/s3/LogDelivery",
} as const;
export type Group = keyof typeof GROUP_URIS;
const GROUPS = Object.keys(GROUP_URIS) as readonly Group[];

export const MAX_GRANTS = 100;

/** Undefined: S3 has no such group. */
export function groupOfUri(uri: string): Group | undefined {
  return GROUPS.find((group) => GROUP_URIS[group] === uri);
}

export function uriOfGroup(group: Group): string {
  return GROUP_URIS[group];
}

export function accountGrant(
  { canonicalId, displayName }: Account,
  permission: Permission,
): AclGrant {
  return { grantee: { kind: "account", canonicalId, displayName }, permission };
}

export function groupGrant(group: Group, permission: Permission): AclGrant {
  return { grantee: { kind: "group", group }, permission };
}

/** What everything is made with: full control for its owner, and nothing for anybody else. */
export function privateAcl(owner: Account): Acl {
  return { owner, grants: [accountGrant(owner, "FULL_CONTROL")] };
}

export function isPrivate({ owner, grants }: Acl): boolean {
  const [grant, ...others] = grants;
  return (
    others.length === 0 &&
    grant?.permission === "FULL_CONTROL" &&
    grant.grantee.kind === "account" &&
    grant.grantee.canonicalId === owner.canonicalId
  );
}

/** The world, or whoever has any account. The deliverer of logs is neither. */
export function isPublicGroup(group: Group): boolean {
  return group !== "LogDelivery";
}

/** Does it grant anything to the public? */
export function isPublicAcl({ grants }: Acl): boolean {
  return grants.some(({ grantee }) => grantee.kind === "group" && isPublicGroup(grantee.group));
}

/** The ACL while the public's grants are ignored, which are not shown either. */
export function withoutPublic({ owner, grants }: Acl): Acl {
  return {
    owner,
    grants: grants.filter(
      ({ grantee }) => grantee.kind === "account" || !isPublicGroup(grantee.group),
    ),
  };
}
