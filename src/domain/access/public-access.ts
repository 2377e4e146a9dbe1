import { type Acl, isPublicAcl, withoutPublic } from "../../protocol/acl/acl.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { CompiledPolicy } from "../../protocol/policy/compile.ts";
import type { BucketFacts, PublicAccessBlock } from "./facts.ts";

export const NO_BLOCK: PublicAccessBlock = {
  blockPublicAcls: false,
  ignorePublicAcls: false,
  blockPublicPolicy: false,
  restrictPublicBuckets: false,
};

/** Those of bucket, account, and deployment together: any switch that is on counts. */
export function effectiveBlock(
  blocks: readonly (PublicAccessBlock | undefined)[],
): PublicAccessBlock {
  const isOn = (name: keyof PublicAccessBlock) => blocks.some((block) => block?.[name] === true);
  return {
    blockPublicAcls: isOn("blockPublicAcls"),
    ignorePublicAcls: isOn("ignorePublicAcls"),
    blockPublicPolicy: isOn("blockPublicPolicy"),
    restrictPublicBuckets: isOn("restrictPublicBuckets"),
  };
}

/**
 * Checks an ACL that is to be set, on a bucket or with a new object.
 *
 * @throws S3Error AccessDenied when it is public and public ones are blocked
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export function checkNewAcl(acl: Acl, { blockPublicAcls }: PublicAccessBlock): void {
  if (blockPublicAcls && isPublicAcl(acl)) throw new S3Error("AccessDenied");
}

/**
 * The same for a policy that is to be put.
 *
 * @throws S3Error AccessDenied
 */
export function checkNewPolicy(policy: CompiledPolicy, block: PublicAccessBlock): void {
  if (block.blockPublicPolicy && policy.isPublic) throw new S3Error("AccessDenied");
}

/** The ACL as a read of it shows it: grants that are ignored are not there. */
export function visibleAcl(acl: Acl, { ignorePublicAcls }: PublicAccessBlock): Acl {
  return ignorePublicAcls ? withoutPublic(acl) : acl;
}

/** What GetBucketPolicyStatus answers. */
export function isPublicBucket({ policy, acl }: Pick<BucketFacts, "policy" | "acl">): boolean {
  return policy?.isPublic === true || isPublicAcl(acl);
}
