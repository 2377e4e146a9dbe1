import { S3Error } from "./errors.ts";

const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const IP_ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;
const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
/** `-an` ends the names of an account's own namespace: `<name>-<account>-<region>-an`. */
const MISPLACED_AN = /(?<!-\d{12}-[a-z]+(-[a-z]+)+-\d)-an$/;

/**
 * The rules for a new general purpose bucket.
 *
 * @throws S3Error InvalidBucketName
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function checkNewBucketName(name: string): void {
  const isAllowed =
    NAME.test(name) &&
    !name.includes("..") &&
    !IP_ADDRESS.test(name) &&
    !MISPLACED_AN.test(name) &&
    !RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) &&
    !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
  if (!isAllowed) throw new S3Error("InvalidBucketName", { fields: { BucketName: name } });
}

// Names of the first years of S3 had capitals, underscores and up to 255 characters: no such bucket is here, and
// NoSuchBucket is what S3 says of them.
const NAME_IN_USE = /^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/;

/** Could a bucket have this name? */
export function isBucketName(name: string): boolean {
  return NAME_IN_USE.test(name);
}

/** `x-amz-bucket-arn` and `BucketArn`. */
export function bucketArn(name: string): string {
  return `arn:aws:s3:::${name}`;
}
