import { createHash } from "node:crypto";
import { S3Error } from "./errors.ts";

export interface Account {
  /** Twelve digits, as in `x-amz-expected-bucket-owner`. */
  readonly id: string;
  /** 64 hex digits, the `<Owner><ID>` of ACLs and listings. */
  readonly canonicalId: string;
  readonly displayName: string;
}

export const ACCOUNT_ID = /^\d{12}$/;

/** The canonical id of an account that was given no other. Stored data name it, so it never changes. */
export function derivedCanonicalId(accountId: string): string {
  return createHash("sha256").update(`ledge account ${accountId}`).digest("hex");
}

/**
 * Checks `x-amz-expected-bucket-owner`, or `x-amz-source-expected-bucket-owner` of a copy.
 *
 * @param accountId of the bucket; undefined: there is no such bucket, so that only the form counts
 * @throws S3Error AccessDenied when the bucket belongs to another account; InvalidBucketOwnerAWSAccountID for what is no
 *   account
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
 */
export function checkExpectedBucketOwner(
  headers: Headers,
  accountId: string | undefined,
  header:
    | "x-amz-expected-bucket-owner"
    | "x-amz-source-expected-bucket-owner" = "x-amz-expected-bucket-owner",
): void {
  const expected = headers.get(header);
  if (expected === null || expected === accountId) return;
  if (ACCOUNT_ID.test(expected)) {
    if (accountId === undefined) return;
    throw new S3Error("AccessDenied");
  }
  throw new S3Error("InvalidBucketOwnerAWSAccountID", {
    message: `The value of the expected bucket owner parameter must be an AWS Account ID... [${expected}]`,
  });
}
