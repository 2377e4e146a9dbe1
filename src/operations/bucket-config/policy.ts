import { bucketFactsOf, policyChange, policyOf } from "../../domain/access/bucket-facts.ts";
import { checkNewPolicy, isPublicBucket } from "../../domain/access/public-access.ts";
import { readVouchedDocument } from "../../domain/body/vouched-body.ts";
import { configureBucket } from "../../domain/configure-bucket.ts";
import { S3Error } from "../../protocol/errors.ts";
import { readBucketPolicy } from "../../protocol/policy/bucket-policy.ts";
import { compilePolicy } from "../../protocol/policy/compile.ts";
import { emptyResponse, xmlResponse } from "../../protocol/respond.ts";
import { onBucket, OWN_ACCOUNT_ONLY } from "../access.ts";
import type { BucketOperation } from "../operation.ts";

/** Longer ones are refused as policies, up to here. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;
const BINDS_OWNER = "x-amz-confirm-remove-self-bucket-access";

/**
 * `PUT /{bucket}?policy`: who may do what in the bucket, in JSON, in place of an older policy. It is kept byte for byte, and
 * holds for every request that comes after the answer. With `x-amz-confirm-remove-self-bucket-access: true`, a Deny in it can
 * keep the bucket owner's root from changing it again.
 *
 * Errors: MalformedPolicy, AccessDenied (public policies are blocked), InvalidRequest (nothing vouches for the body), BadDigest,
 * MethodNotAllowed (for the bucket's own account only), OperationAborted.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
 */
export const putBucketPolicy: BucketOperation = {
  name: "PutBucketPolicy",
  scope: "bucket",
  access: onBucket("PutBucketPolicy", OWN_ACCOUNT_ONLY),
  async handle(context) {
    const body = await readVouchedDocument(context, MAX_DOCUMENT_BYTES);
    const { text, document } = readBucketPolicy(body, context.bucket.name);
    const policy = compilePolicy(document);
    const bindsOwner = context.request.headers.get(BINDS_OWNER)?.toLowerCase() === "true";
    await configureBucket(context, context.bucket, async (bucket) => {
      checkNewPolicy(policy, bucketFactsOf(bucket, context.settings).block);
      return policyChange({ text, bindsOwner });
    });
    return emptyResponse(204);
  },
};

/**
 * `GET /{bucket}?policy`: the policy, as it was put.
 *
 * Errors: NoSuchBucketPolicy, MethodNotAllowed (for the bucket's own account only).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
 */
export const getBucketPolicy: BucketOperation = {
  name: "GetBucketPolicy",
  scope: "bucket",
  access: onBucket("GetBucketPolicy", OWN_ACCOUNT_ONLY),
  async handle({ bucket }) {
    const policy = policyOf(bucket);
    if (policy === undefined)
      throw new S3Error("NoSuchBucketPolicy", { fields: { BucketName: bucket.name } });
    return new Response(policy.text, { headers: { "content-type": "application/json" } });
  },
};

/**
 * `DELETE /{bucket}?policy`: a success when there is none, too.
 *
 * Errors: MethodNotAllowed (for the bucket's own account only), OperationAborted.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
 */
export const deleteBucketPolicy: BucketOperation = {
  name: "DeleteBucketPolicy",
  scope: "bucket",
  access: onBucket("DeleteBucketPolicy", OWN_ACCOUNT_ONLY),
  async handle(context) {
    await configureBucket(context, context.bucket, async () => policyChange(undefined));
    return emptyResponse(204);
  },
};

/**
 * `GET /{bucket}?policyStatus`: is the bucket public, by its policy or its ACL? Without a policy AWS answers NoSuchBucketPolicy;
 * ceph/s3-tests wants to hear of the ACL.
 *
 * Errors: MethodNotAllowed (for the bucket's own account only).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html
 */
export const getBucketPolicyStatus: BucketOperation = {
  name: "GetBucketPolicyStatus",
  scope: "bucket",
  access: onBucket("GetBucketPolicyStatus", OWN_ACCOUNT_ONLY),
  async handle({ bucket, settings }) {
    const isPublic = isPublicBucket(bucketFactsOf(bucket, settings));
    return xmlResponse("PolicyStatus", [["IsPublic", isPublic]]);
  },
};
