import { S3Error } from "./errors.ts";

/**
 * Checks `x-amz-expected-bucket-owner`.
 *
 * @throws S3Error AccessDenied when the bucket belongs to another account
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
 */
export function checkExpectedBucketOwner(headers: Headers, accountId: string): void {
  const expected = headers.get("x-amz-expected-bucket-owner");
  if (expected !== null && expected !== accountId) throw new S3Error("AccessDenied");
}
