import { ENCRYPTION, encryptionRule } from "../../domain/bucket-encryption.ts";
import {
  AWS_ENCRYPTION,
  BucketEncryption,
  keptRule,
} from "../../protocol/encryption/bucket-encryption.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?encryption`: what new objects are encrypted with when their upload does not say, and with what they may not be.
 *
 * Errors: ServerSideEncryptionConfigurationNotFoundError, InvalidArgument.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
 */
export const ENCRYPTION_DOCUMENT = documentKind({
  subresource: "encryption",
  kind: ENCRYPTION,
  part: "gateway",
  root: "ServerSideEncryptionConfiguration",
  shape: BucketEncryption,
  name: "BucketEncryption",
  action: "EncryptionConfiguration",
  fresh: "ServerSideEncryptionConfigurationNotFoundError",
  isVouchedFor: true,
  check: ({ Rule }, { bucket }) => ({ Rule: keptRule(Rule, encryptionRule(bucket)) }),
  // As AWS, which resets the bucket to what a new one has.
  inPlaceOfDeleted: ({ settings }) => (settings.newBuckets === "aws" ? AWS_ENCRYPTION : undefined),
});
