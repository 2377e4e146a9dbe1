import {
  publicAccessBlock,
  PublicAccessBlockConfiguration,
} from "../../protocol/public-access-block.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?publicAccessBlock`: four switches that keep a bucket from being public, whatever its policy and ACLs say. A switch that is
 * not named is off.
 *
 * Errors: NoSuchPublicAccessBlockConfiguration, MethodNotAllowed (for the bucket's own account only).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
 */
export const PUBLIC_ACCESS_BLOCK = documentKind({
  subresource: "publicAccessBlock",
  kind: "public-access-block",
  part: "gateway",
  root: "PublicAccessBlockConfiguration",
  shape: PublicAccessBlockConfiguration,
  name: "PublicAccessBlock",
  action: "BucketPublicAccessBlock",
  isOwnAccountOnly: true,
  fresh: "NoSuchPublicAccessBlockConfiguration",
  isVouchedFor: true,
  check: (document) => publicAccessBlock(document),
});
