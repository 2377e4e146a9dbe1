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

/** A grant as rows and a bucket's configuration have it: kind, canonical id or group, display name, bits. */
export type StoredGrant = readonly [kind: "a" | "g", id: string, name: string, bits: number];

/** What is in the column `access`, as JSON. */
interface StoredAcl {
  /** The owner's canonical id, display name, and account id. */
  readonly o: readonly [canonicalId: string, displayName: string, accountId: string];
  readonly g: readonly StoredGrant[];
}

/** @returns null for what nearly every object has: it is the bucket owner's, and private */
export function accessColumn(acl: Acl, bucketOwner: Account): string | null {
  const { owner, grants } = acl;
  if (owner.canonicalId === bucketOwner.canonicalId && isPrivate(acl)) return null;
  const stored: StoredAcl = {
    o: [owner.canonicalId, owner.displayName, owner.id],
    g: grants.map(storedGrant),
  };
  return JSON.stringify(stored);
}

export function aclOfColumn(column: string | null, bucketOwner: Account): Acl {
  if (column === null) return privateAcl(bucketOwner);
  const { o, g } = JSON.parse(column) as StoredAcl;
  const [canonicalId, displayName, id] = o;
  return { owner: { id, canonicalId, displayName }, grants: g.map(grantOfStored) };
}

export function storedGrant({ grantee, permission }: AclGrant): StoredGrant {
  const bits = PERMISSION_BITS[permission];
  return grantee.kind === "group"
    ? ["g", grantee.group, "", bits]
    : ["a", grantee.canonicalId, grantee.displayName, bits];
}

export function grantOfStored([kind, id, name, bits]: StoredGrant): AclGrant {
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
