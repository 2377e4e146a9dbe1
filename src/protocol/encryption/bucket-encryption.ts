import {
  boolean,
  type Infer,
  many,
  object,
  one,
  oneOf,
  optional,
  text,
} from "../../lib/xml-shape.ts";
import { invalidArgument } from "../errors.ts";
import { METHODS, type RequestedEncryption } from "./requested-encryption.ts";

/**
 * The document of PutBucketEncryption: what new objects are encrypted with when their upload does not say, and with what they may
 * not be encrypted.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html
 */
export const BucketEncryption = object({
  Rule: one(
    object({
      ApplyServerSideEncryptionByDefault: optional(
        object({
          SSEAlgorithm: one(oneOf("AES256", "aws:kms", "aws:kms:dsse")),
          KMSMasterKeyID: optional(text),
        }),
      ),
      BucketKeyEnabled: optional(boolean),
      BlockedEncryptionTypes: optional(object({ EncryptionType: many(oneOf("NONE", "SSE-C")) })),
    }),
  ),
});

export type EncryptionDocument = Infer<typeof BucketEncryption>;
export type EncryptionRule = EncryptionDocument["Rule"];

/** What AWS makes buckets with since April 2026. */
export const AWS_ENCRYPTION: EncryptionDocument = {
  Rule: {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256", KMSMasterKeyID: undefined },
    BucketKeyEnabled: false,
    BlockedEncryptionTypes: { EncryptionType: ["SSE-C"] },
  },
};

/**
 * The rule as it is kept. Who does not say what is blocked leaves it as it is, so that programs from before there were blocks do
 * not take one away.
 *
 * @param known what the bucket has; undefined: nothing
 * @throws S3Error InvalidArgument (a key of KMS, but not its algorithm). Whether there is such a key is asked when it is used.
 * Source: https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_api.snapshot.json
 * (TestS3BucketEncryption)
 */
export function keptRule(rule: EncryptionRule, known: EncryptionRule | undefined): EncryptionRule {
  const { ApplyServerSideEncryptionByDefault: byDefault } = rule;
  if (byDefault?.SSEAlgorithm === "AES256" && byDefault.KMSMasterKeyID !== undefined)
    throw invalidArgument(
      "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
      "ApplyServerSideEncryptionByDefault",
    );
  return {
    ApplyServerSideEncryptionByDefault: byDefault,
    BucketKeyEnabled: rule.BucketKeyEnabled ?? false,
    BlockedEncryptionTypes: rule.BlockedEncryptionTypes ?? known?.BlockedEncryptionTypes,
  };
}

/** What a new object is encrypted with when its request says nothing of that; undefined: the bucket does not say either. */
export function defaultEncryption(rule: EncryptionRule): RequestedEncryption | undefined {
  const { ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled } = rule;
  if (byDefault === undefined) return undefined;
  const method = METHODS[byDefault.SSEAlgorithm];
  if (method === "S3") return { method };
  const keyId = byDefault.KMSMasterKeyID;
  return { method, keyId, context: undefined, hasBucketKey: BucketKeyEnabled === true };
}

/** What a request asks for, with what the bucket's default says of the same method where the request says nothing. */
export function completedBy(
  requested: RequestedEncryption,
  byDefault: RequestedEncryption | undefined,
): RequestedEncryption {
  if (requested.method === "C" || requested.method === "S3") return requested;
  if (byDefault === undefined || byDefault.method === "C" || byDefault.method === "S3")
    return requested;
  const keyId = requested.keyId ?? byDefault.keyId;
  return { ...requested, keyId, hasBucketKey: requested.hasBucketKey ?? byDefault.hasBucketKey };
}

/** Does the bucket refuse objects that are encrypted with a customer's key? */
export function blocksCustomerKeys({ BlockedEncryptionTypes: blocked }: EncryptionRule): boolean {
  return blocked?.EncryptionType.includes("SSE-C") === true;
}
