import { bucketFactsOf } from "../../domain/access/bucket-facts.ts";
import { checkOwnership } from "../../protocol/acl/ownership.ts";
import { OwnershipControls, ownershipOf } from "../../protocol/acl/ownership-controls.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?ownershipControls`: whose new objects are, and whether ACLs count.
 *
 * Errors: OwnershipControlsNotFoundError, InvalidBucketAclWithObjectOwnership (ACLs are not to count, and the bucket's grants
 * something to others), MethodNotAllowed (for the bucket's own account only).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html
 */
export const OWNERSHIP_CONTROLS = documentKind({
  subresource: "ownershipControls",
  kind: "ownership",
  part: "gateway",
  root: "OwnershipControls",
  shape: OwnershipControls,
  name: "BucketOwnershipControls",
  isOwnAccountOnly: true,
  fresh: "OwnershipControlsNotFoundError",
  isVouchedFor: true,
  check(document, { bucket, settings }) {
    checkOwnership(ownershipOf(document), bucketFactsOf(bucket, settings).acl);
    return document;
  },
});
