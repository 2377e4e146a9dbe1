import type { Account } from "../owner.ts";
import {
  type Acl,
  type AclGrant,
  type Group,
  isPrivate,
  type Permission,
  PERMISSION_BITS,
  PERMISSIONS,
  privateAcl,
} from "./acl.ts";

/** A grant as it is stored: kind, canonical id or group, display name, bits. */
type StoredGrant = readonly [kind: "a" | "g", id: string, name: string, bits: number];

/** An account as it is stored. */
export type StoredAccount = readonly [canonicalId: string, displayName: string, accountId: string];

/** What is in the column `access` of an object, and in a bucket's document of this kind, as JSON. */
interface StoredAcl {
  /** The owner; absent: the bucket's. */
  readonly o?: StoredAccount;
  readonly g: readonly StoredGrant[];
}

/** @returns undefined for what nearly everything has: it is the bucket owner's, and private */
export function storedAccess(acl: Acl, bucketOwner: Account): string | undefined {
  const { owner, grants } = acl;
  const isBucketOwners = owner.canonicalId === bucketOwner.canonicalId;
  if (isBucketOwners && isPrivate(acl)) return undefined;
  const stored: StoredAcl = {
    ...(!isBucketOwners && { o: storedAccount(owner) }),
    g: grants.map(storedGrant),
  };
  return JSON.stringify(stored);
}

/** The inverse of {@link storedAccess}. */
export function aclOfAccess(access: string | undefined, bucketOwner: Account): Acl {
  if (access === undefined) return privateAcl(bucketOwner);
  const { o, g } = JSON.parse(access) as StoredAcl;
  return {
    owner: o === undefined ? bucketOwner : accountOfStored(o),
    grants: g.map(grantOfStored),
  };
}

/** Whose it is, of an ACL that is not taken apart otherwise; undefined: the bucket owner's. */
export function ownerOfAccess(access: string | undefined): Account | undefined {
  if (access === undefined) return undefined;
  const { o } = JSON.parse(access) as StoredAcl;
  return o && accountOfStored(o);
}

export function storedAccount({ canonicalId, displayName, id }: Account): StoredAccount {
  return [canonicalId, displayName, id];
}

export function accountOfStored([canonicalId, displayName, id]: StoredAccount): Account {
  return { id, canonicalId, displayName };
}

function storedGrant({ grantee, permission }: AclGrant): StoredGrant {
  const bits = PERMISSION_BITS[permission];
  return grantee.kind === "group"
    ? ["g", grantee.group, "", bits]
    : ["a", grantee.canonicalId, grantee.displayName, bits];
}

function grantOfStored([kind, id, name, bits]: StoredGrant): AclGrant {
  const permission = permissionOf(bits);
  return kind === "g"
    ? { grantee: { kind: "group", group: id as Group }, permission }
    : { grantee: { kind: "account", canonicalId: id, displayName: name }, permission };
}

function permissionOf(bits: number): Permission {
  const permission = PERMISSIONS.find((each) => PERMISSION_BITS[each] === bits);
  if (permission === undefined) throw new Error(`a grant of the bits ${bits}`);
  return permission;
}
