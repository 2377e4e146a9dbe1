import { xmlResponse } from "../../protocol/respond.ts";
import type { BucketOperation } from "../operation.ts";

const CANONICAL_USER = {
  "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
  "xsi:type": "CanonicalUser",
};

/**
 * `GET /{bucket}?acl`: the ACL that every bucket is made with, full control for its owner.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
 */
export const getBucketAcl: BucketOperation = {
  name: "GetBucketAcl",
  scope: "bucket",
  handle: async ({ bucket, settings }) => {
    const owner = [
      ["ID", bucket.ownerId],
      ["DisplayName", settings.account.displayName],
    ] as const;
    const grant = [
      ["Grantee", owner, CANONICAL_USER],
      ["Permission", "FULL_CONTROL"],
    ] as const;
    return xmlResponse("AccessControlPolicy", [
      ["Owner", owner],
      ["AccessControlList", [["Grant", grant]]],
    ]);
  },
};
