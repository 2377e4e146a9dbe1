import type { Acl } from "../../protocol/acl/acl.ts";
import { shownAcl } from "../../protocol/acl/ownership.ts";
import type { Account } from "../../protocol/owner.ts";
import { countsAcls } from "../../protocol/acl/ownership.ts";
import type { BucketFacts } from "./facts.ts";
import { visibleAcl } from "./public-access.ts";

/** An ACL of a bucket, or of an object in it, as a read of it answers. */
export function aclToShow(acl: Acl, { ownership, owner, block }: BucketFacts): Acl {
  return visibleAcl(shownAcl(acl, ownership, owner), block);
}

/** Whose an object is, as listings tell it. @param owner undefined: the bucket's */
export function ownerToShow(owner: Account | undefined, bucket: BucketFacts): Account {
  return owner !== undefined && countsAcls(bucket.ownership) ? owner : bucket.owner;
}
