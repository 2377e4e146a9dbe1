import { type Acl, type Group, isPublicGroup, PERMISSION_BITS } from "../../protocol/acl/acl.ts";
import { countsAcls } from "../../protocol/acl/ownership.ts";
import { type Caller, canonicalIdOf, isSigned } from "../../protocol/caller.ts";
import { GRANT, type Grant } from "../../protocol/policy/principals.ts";
import {
  ACL_RULES,
  type AclRule,
  belongsToInitiator,
  belongsToObjectOwner,
} from "./acl-actions.ts";
import type { BucketFacts, ObjectFacts } from "./facts.ts";
import type { Question } from "./question.ts";

/** While an object is unread: the least that it can be for the caller, or the most. */
export type Side = "least" | "most";

/** Of whom the answer depends: the object's owner, or the bucket's. */
type Deciding = { readonly object: ObjectFacts | "unread" } | { readonly bucket: BucketFacts };

/** Undefined: there is no bucket, so that the caller's account alone is concerned. */
function deciding({ action, bucket, object }: Question): Deciding | undefined {
  if (bucket === undefined) return undefined;
  return object !== "none" && belongsToObjectOwner(action) && countsAcls(bucket.ownership)
    ? { object }
    : { bucket };
}

/** Does what is asked for belong to the caller's account? */
export function isOwn(question: Question, side: Side): boolean {
  const { caller } = question;
  const whose = deciding(question);
  if (whose === undefined) return true;
  if (!isSigned(caller)) return false;
  if ("bucket" in whose) return whose.bucket.owner.canonicalId === caller.account.canonicalId;
  if (whose.object === "unread") return side === "most";
  return whose.object.acl.owner.canonicalId === caller.account.canonicalId;
}

/** Does it belong to another account than the bucket does? Its policy allows nothing of it then. */
export function isOthers(question: Question, side: Side): boolean {
  const whose = deciding(question);
  if (whose === undefined || "bucket" in whose) return false;
  if (whose.object === "unread") return side === "least";
  return whose.object.acl.owner.canonicalId !== question.bucket?.owner.canonicalId;
}

/**
 * How directly an ACL names the caller for this action.
 *
 * @param countsOwnOnly also what it allows for objects of the caller's own only
 */
export function aclGrant(question: Question, side: Side, countsOwnOnly: boolean): Grant {
  const { action, instead, bucket, object, caller } = question;
  if (bucket === undefined) return GRANT.none;
  // Whoever may write in a bucket by its ACL may give what it writes an ACL and tags, as ceph/s3-tests has it.
  const rule = ACL_RULES.get(instead?.action ?? action);
  if (rule === undefined) return initiatorGrant(question, side);
  if (!countsAcls(bucket.ownership) || (rule.onlyOwn === true && !countsOwnOnly)) return GRANT.none;
  const groups = groupsOf(caller).filter(
    (group) => !(bucket.block.IgnorePublicAcls && isPublicGroup(group)),
  );
  const named = namedGrant(caller, bucket);
  if (rule.of === "bucket") return grantOf(bucket.acl, rule, caller, groups, named);
  if (object === "none") return GRANT.none;
  if (object !== "unread") return grantOf(object.acl, rule, caller, groups, named);
  if (side === "least") return GRANT.none;
  return groups.length > 0 ? GRANT.anyone : named;
}

/**
 * What an ACL gives a caller whose canonical id it names. What nobody signed for belongs to all that do not sign, so that
 * it can be had back: https://repost.aws/knowledge-center/s3-object-change-anonymous-ownership
 */
function namedGrant(caller: Caller, { block }: BucketFacts): Grant {
  if (caller.kind !== "anonymous") return GRANT.account;
  return block.IgnorePublicAcls ? GRANT.none : GRANT.anyone;
}

function initiatorGrant({ action, object, caller }: Question, side: Side): Grant {
  if (!isSigned(caller) || !belongsToInitiator(action) || object === "none") return GRANT.none;
  const isInitiator =
    object === "unread" ? side === "most" : object.initiatorId === caller.account.canonicalId;
  return isInitiator ? GRANT.account : GRANT.none;
}

const LOG_DELIVERY_SERVICE = "logging.s3.amazonaws.com";

function groupsOf(caller: Caller): readonly Group[] {
  if (isSigned(caller)) return ["AllUsers", "AuthenticatedUsers"];
  if (caller.kind === "anonymous") return ["AllUsers"];
  return caller.name === LOG_DELIVERY_SERVICE ? ["LogDelivery"] : [];
}

function grantOf(
  { grants }: Acl,
  { bit }: AclRule,
  caller: Caller,
  groups: readonly Group[],
  named: Grant,
): Grant {
  const canonicalId = canonicalIdOf(caller);
  let most: Grant = GRANT.none;
  for (const { grantee, permission } of grants) {
    if ((PERMISSION_BITS[permission] & bit) === 0) continue;
    if (grantee.kind === "account") {
      if (grantee.canonicalId === canonicalId && named > most) most = named;
    } else if (groups.includes(grantee.group)) most = GRANT.anyone;
  }
  return most;
}
