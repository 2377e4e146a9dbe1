import { type Caller, isSigned } from "../protocol/caller.ts";
import { S3Error } from "../protocol/errors.ts";
import type { Account } from "../protocol/owner.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";

/**
 * The account that a bucket belongs to.
 *
 * @param deployment the account of the settings
 */
export function ownerOf({ ownerId, owner }: BucketRecord, deployment: Account): Account {
  if (ownerId === deployment.canonicalId) return deployment;
  // Without `owner`: ACCOUNT_ID was another one when the bucket was made.
  const { id, displayName } = owner ?? { id: "", displayName: "" };
  return { id, canonicalId: ownerId, displayName };
}

/**
 * Whose what the caller makes will be.
 *
 * @throws S3Error AccessDenied for one that has no account
 */
export function accountOf(caller: Caller): Account {
  if (!isSigned(caller)) throw new S3Error("AccessDenied");
  return caller.account;
}

export function noSuchBucket(name: string): S3Error {
  return new S3Error("NoSuchBucket", { fields: { BucketName: name } });
}
