import { S3Error } from "./errors.ts";

/**
 * That a text is the ARN of a bucket, as destinations are named.
 *
 * @throws S3Error InvalidS3DestinationBucket
 */
export function checkBucketArn(arn: string): void {
  if (!/^arn:aws[a-z-]{0,20}:s3:::[A-Za-z0-9._-]{3,255}$/.test(arn))
    throw new S3Error("InvalidS3DestinationBucket");
}
