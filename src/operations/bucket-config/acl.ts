import { bucketFactsOf } from "../../domain/access/bucket-facts.ts";
import { checkNewAcl } from "../../domain/access/public-access.ts";
import { aclToShow } from "../../domain/access/shown-acl.ts";
import { readDocument } from "../../domain/body/read-document.ts";
import { configureBucket } from "../../domain/configure-bucket.ts";
import { accountFinder } from "../../domain/known-accounts.ts";
import { aclContent } from "../../protocol/acl/acl-document.ts";
import { checkAclsCount } from "../../protocol/acl/ownership.ts";
import { readAclRequest } from "../../protocol/acl/read-acl.ts";
import { storedAccess } from "../../protocol/acl/stored-acl.ts";
import { REFUSED_OF_WRITES } from "../../protocol/refused-headers.ts";
import { emptyResponse, xmlResponse } from "../../protocol/respond.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";

/** The document in a bucket's record, a part of what gateways decide with; none is a private ACL. */
export const ACL_DOCUMENT = { kind: "acl", id: "", part: "gateway" } as const;

/**
 * `GET /{bucket}?acl`: the ACL of a bucket. Where ACLs do not count, it is full control for the owner; where the public's grants
 * are ignored, they are not shown.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
 */
export const getBucketAcl: BucketOperation = {
  name: "GetBucketAcl",
  scope: "bucket",
  access: onBucket("GetBucketAcl"),
  async handle({ bucket, settings }) {
    const facts = bucketFactsOf(bucket, settings);
    return xmlResponse("AccessControlPolicy", aclContent(aclToShow(facts.acl, facts)));
  },
};

/**
 * `PUT /{bucket}?acl`: puts an ACL, as `x-amz-acl`, as `x-amz-grant-*`, or as a document, in the place of the one that the bucket
 * has. The owner may always read and put it.
 *
 * Errors: AccessControlListNotSupported, AccessDenied (another Owner than it has; a public ACL where those are blocked),
 * InvalidArgument, InvalidRequest and UnexpectedContent (two ACLs), MalformedACLError, MissingSecurityHeader (none),
 * OperationAborted (too many others configure the bucket), UnresolvableGrantByEmailAddress.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
 */
export const putBucketAcl: BucketOperation = {
  name: "PutBucketAcl",
  scope: "bucket",
  access: onBucket("PutBucketAcl"),
  refuses: REFUSED_OF_WRITES,
  async handle(context) {
    const { headers } = context.request;
    const document = await readDocument(context);
    const find = accountFinder(context);
    await configureBucket(context, context.bucket, async (bucket) => {
      const facts = bucketFactsOf(bucket, context.settings);
      const { owner, ownership, block } = facts;
      const target = { kind: "bucket", owner, bucketOwner: owner } as const;
      const acl = await readAclRequest(headers, document, target, find);
      checkAclsCount(ownership);
      checkNewAcl(acl, block);
      return { ...ACL_DOCUMENT, body: storedAccess(acl, owner), flags: undefined };
    });
    return emptyResponse(200);
  },
};
