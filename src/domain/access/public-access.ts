import { type Acl, isPublicAcl, withoutPublic } from "../../protocol/acl/acl.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { CompiledPolicy } from "../../protocol/policy/compile.ts";
import type { PublicAccessBlock } from "../../protocol/public-access-block.ts";
import type { BucketFacts } from "./facts.ts";

/**
 * Checks an ACL that is to be set, on a bucket or with a new object.
 *
 * @throws S3Error AccessDenied when it is public and public ones are blocked
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export function checkNewAcl(acl: Acl, { BlockPublicAcls }: PublicAccessBlock): void {
  if (BlockPublicAcls && isPublicAcl(acl)) throw new S3Error("AccessDenied");
}

/**
 * The same for a policy that is to be put.
 *
 * @throws S3Error AccessDenied
 */
export function checkNewPolicy(policy: CompiledPolicy, block: PublicAccessBlock): void {
  if (block.BlockPublicPolicy && policy.isPublic) throw new S3Error("AccessDenied");
}

/** The ACL as a read of it shows it: grants that are ignored are not there. */
export function visibleAcl(acl: Acl, { IgnorePublicAcls }: PublicAccessBlock): Acl {
  return IgnorePublicAcls ? withoutPublic(acl) : acl;
}

/** What GetBucketPolicyStatus answers. */
export function isPublicBucket({ policy, acl }: Pick<BucketFacts, "policy" | "acl">): boolean {
  return policy?.isPublic === true || isPublicAcl(acl);
}
