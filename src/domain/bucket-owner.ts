import { type Caller, isSigned } from "../protocol/caller.ts";
import { S3Error } from "../protocol/errors.ts";
import type { Account } from "../protocol/owner.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";

/** Of another account than the deployment's, a bucket's record knows the canonical id only. */
export function ownerOf({ ownerId }: BucketRecord, account: Account): Account {
  if (ownerId === account.canonicalId) return account;
  return { id: "", canonicalId: ownerId, displayName: "" };
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
