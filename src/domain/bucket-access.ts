import type { Account } from "../protocol/owner.ts";
import { S3Error } from "../protocol/errors.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";

/**
 * One account, the root's: it may do everything with what it owns.
 *
 * @throws S3Error AccessDenied
 */
export function requireOwner(caller: Account, bucket: BucketRecord): void {
  if (bucket.ownerId !== caller.canonicalId) throw new S3Error("AccessDenied");
}

export function noSuchBucket(name: string): S3Error {
  return new S3Error("NoSuchBucket", { fields: { BucketName: name } });
}
