import { REFUSED_OF_WRITES } from "../../protocol/refused-headers.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";
import { requireUnchangedAcl } from "../unchanged-acl.ts";

/**
 * `PUT /{bucket}?acl`: a success for the ACL that every bucket has, and for no other.
 *
 * Errors: NotImplemented, and as `requireUnchangedAcl`.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
 */
export const putBucketAcl: BucketOperation = {
  name: "PutBucketAcl",
  scope: "bucket",
  access: onBucket("PutBucketAcl"),
  refuses: REFUSED_OF_WRITES,
  async handle(context) {
    await requireUnchangedAcl("PutBucketAcl", context);
    return emptyResponse(200);
  },
};
