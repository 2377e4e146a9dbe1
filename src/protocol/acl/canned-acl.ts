import { invalidArgument } from "../errors.ts";
import type { Account } from "../owner.ts";
import { type Acl, type AclGrant, accountGrant, groupGrant, privateAcl } from "./acl.ts";

/** What a canned ACL is given to. */
export interface AclTarget {
  readonly kind: "bucket" | "object";
  /** Whose the target is, or will be. */
  readonly owner: Account;
  readonly bucketOwner: Account;
}

type OtherGrants = (target: AclTarget) => readonly AclGrant[];

const none: OtherGrants = () => [];

function toBucketOwner(permission: "READ" | "FULL_CONTROL"): OtherGrants {
  return ({ kind, owner, bucketOwner }) =>
    kind === "bucket" || bucketOwner.canonicalId === owner.canonicalId
      ? []
      : [accountGrant(bucketOwner, permission)];
}

/**
 * What each grants beside the owner's full control.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
 */
const CANNED: ReadonlyMap<string, OtherGrants> = new Map([
  ["private", none],
  ["public-read", () => [groupGrant("AllUsers", "READ")]],
  ["public-read-write", () => [groupGrant("AllUsers", "READ"), groupGrant("AllUsers", "WRITE")]],
  ["authenticated-read", () => [groupGrant("AuthenticatedUsers", "READ")]],
  // Amazon's EC2 fetches machine images with it. It is nobody here.
  ["aws-exec-read", none],
  ["bucket-owner-read", toBucketOwner("READ")],
  ["bucket-owner-full-control", toBucketOwner("FULL_CONTROL")],
]);

/** One that objects may have. */
export function isCannedAcl(name: string): boolean {
  return CANNED.has(name);
}

const LOG_DELIVERY_WRITE: OtherGrants = () => [
  groupGrant("LogDelivery", "WRITE"),
  groupGrant("LogDelivery", "READ_ACP"),
];

/**
 * The ACL that `x-amz-acl` names.
 *
 * @throws S3Error InvalidArgument for a name that there is not; it has no message, as recorded from AWS
 */
export function cannedAcl(name: string, target: AclTarget): Acl {
  const isLogDelivery = name === "log-delivery-write" && target.kind === "bucket";
  const others = isLogDelivery ? LOG_DELIVERY_WRITE : CANNED.get(name);
  if (others === undefined) throw invalidArgument("", "x-amz-acl", name);
  const { owner, grants } = privateAcl(target.owner);
  return { owner, grants: [...grants, ...others(target)] };
}
