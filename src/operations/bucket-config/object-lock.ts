import { S3Error } from "../../protocol/errors.ts";
import {
  checkLockRule,
  ObjectLockConfiguration,
} from "../../protocol/object-lock-configuration.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?object-lock`: enables Object Lock, for good, and says what retains new objects that bring no retention of their own;
 * without a rule nothing does.
 *
 * Errors: ObjectLockConfigurationNotFoundError, InvalidBucketState (versioning is not enabled), InvalidRetentionPeriod.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
 */
export const OBJECT_LOCK = documentKind({
  subresource: "object-lock",
  kind: "lock",
  part: "shard",
  root: "ObjectLockConfiguration",
  shape: ObjectLockConfiguration,
  name: "ObjectLockConfiguration",
  action: "BucketObjectLockConfiguration",
  fresh: "ObjectLockConfigurationNotFoundError",
  isVouchedFor: true,
  check(document, { bucket }) {
    checkLockRule(document);
    if (bucket.shard.flags.versioning !== "Enabled")
      throw new S3Error("InvalidBucketState", {
        message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
      });
    return document;
  },
  flags: (document) => ({ hasLock: true, hasLockRule: document?.Rule !== undefined }),
});
