import { readVouchedDocument } from "../../domain/body/vouched-body.ts";
import { configureBucket } from "../../domain/configure-bucket.ts";
import { S3Error } from "../../protocol/errors.ts";
import { readLockConfiguration } from "../../protocol/object-lock.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import type { BucketOperation } from "../operation.ts";

/**
 * `PUT /{bucket}?object-lock`: enables Object Lock, for good, and says what retains new objects that bring no retention
 * of their own; without a rule nothing does.
 *
 * Errors: InvalidBucketState (versioning is not enabled), InvalidRetentionPeriod, MalformedXML, InvalidRequest (nothing
 * vouches for the body), BadDigest.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
 */
export const putObjectLockConfiguration: BucketOperation = {
  name: "PutObjectLockConfiguration",
  scope: "bucket",
  async handle(context) {
    const objectLock = readLockConfiguration(await readVouchedDocument(context));
    await configureBucket(context, context.bucket, (before) => {
      if (before.versioning !== "Enabled")
        throw new S3Error("InvalidBucketState", {
          message:
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        });
      return { ...before, objectLock };
    });
    return emptyResponse(200);
  },
};
