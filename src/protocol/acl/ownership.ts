import { S3Error } from "../errors.ts";
import type { Account } from "../owner.ts";
import { type Acl, isPrivate, privateAcl } from "./acl.ts";
import type { HeaderAcl } from "./read-acl.ts";

/**
 * Whose new objects are, and whether ACLs count.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
export const OWNERSHIPS = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] as const;
/** A bucket without controls is as with ObjectWriter. */
export type ObjectOwnership = (typeof OWNERSHIPS)[number] | undefined;

const BUCKET_OWNER_FULL_CONTROL = "bucket-owner-full-control";

/** Under BucketOwnerEnforced, all ACLs sleep: what is stored comes back with another setting. */
export function countsAcls(ownership: ObjectOwnership): boolean {
  return ownership !== "BucketOwnerEnforced";
}

/** @param canned the value of the upload's `x-amz-acl`; null: none */
export function ownerOfNewObject(
  ownership: ObjectOwnership,
  canned: string | null,
  writer: Account,
  bucketOwner: Account,
): Account {
  if (!countsAcls(ownership)) return bucketOwner;
  const isGiven = ownership === "BucketOwnerPreferred" && canned === BUCKET_OWNER_FULL_CONTROL;
  return isGiven ? bucketOwner : writer;
}

/** The ACL as a read of it answers. */
export function shownAcl(acl: Acl, ownership: ObjectOwnership, bucketOwner: Account): Acl {
  return countsAcls(ownership) ? acl : privateAcl(bucketOwner);
}

/**
 * Checks the ACL of an upload. Where ACLs do not count, full control for the bucket's owner is the only one that means what
 * is so; AWS refuses `private`, too.
 *
 * @throws S3Error AccessControlListNotSupported
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
 */
export function checkUploadAcl(
  ownership: ObjectOwnership,
  requested: HeaderAcl | undefined,
  bucketOwner: Account,
): void {
  if (requested === undefined || countsAcls(ownership)) return;
  const { canned, acl } = requested;
  const means =
    canned === undefined
      ? isPrivate({ ...acl, owner: bucketOwner })
      : canned === BUCKET_OWNER_FULL_CONTROL;
  if (!means) throw new S3Error("AccessControlListNotSupported");
}

/**
 * Checks that PutBucketAcl or PutObjectAcl can do anything.
 *
 * @throws S3Error AccessControlListNotSupported
 */
export function checkAclsCount(ownership: ObjectOwnership): void {
  if (!countsAcls(ownership)) throw new S3Error("AccessControlListNotSupported");
}

/**
 * Checks a setting that a bucket is to get, or to be made with, against its ACL: one that grants something to others would be
 * asleep, unseen.
 *
 * @throws S3Error InvalidBucketAclWithObjectOwnership
 */
export function checkOwnership(ownership: ObjectOwnership, bucketAcl: Acl): void {
  if (!countsAcls(ownership) && !isPrivate(bucketAcl))
    throw new S3Error("InvalidBucketAclWithObjectOwnership");
}
