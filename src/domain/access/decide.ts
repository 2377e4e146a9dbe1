import { canonicalIdOf, isSigned, type ServiceCaller } from "../../protocol/caller.ts";
import type { CompiledPolicy } from "../../protocol/policy/compile.ts";
import { evaluate, type Verdict } from "../../protocol/policy/evaluate.ts";
import { GRANT, type Grant } from "../../protocol/policy/principals.ts";
import type { Question } from "./question.ts";
import { aclGrant, isOthers, isOwn, type Side } from "./resource-side.ts";

export type Decision =
  | {
      readonly kind: "allow";
      /** Provided that the object belongs to this account, by its canonical id. */
      readonly onlyIfOwner?: string;
    }
  | { readonly kind: "deny"; readonly reason: DenyReason }
  /** It depends on tags, owner, or ACL of the object: read it, and ask again. */
  | { readonly kind: "needs object" };

/** The kind of policy that says Deny; undefined: none says Allow. `other account`: it is only for the bucket's own account. */
export type DenyReason = keyof Verdicts | "other account" | undefined;

interface Verdicts {
  readonly "resource-based policy": Verdict;
  readonly "identity-based policy": Verdict;
  readonly "permissions boundary": Verdict | undefined;
  readonly "session policy": Verdict | undefined;
}

const ALLOW: Decision = { kind: "allow" };
const NEEDS_OBJECT: Decision = { kind: "needs object" };
const NOTHING_ALLOWS: Decision = { kind: "deny", reason: undefined };

/**
 * May the caller do this? Nothing is read or waited for. While the object is unread, the answer is the same as it will be
 * once it was read, or that it has to be.
 *
 * 1. A Deny that applies, in any policy, ends it.
 * 2. The bucket's side: how directly its policy or an ACL names the caller. Where the object belongs to another account, that
 *    account's ACL takes the place of the bucket's policy.
 * 3. The caller's side: root, or its own policies within their limits.
 * 4. {@link combine} says which of the two is needed, or both.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-auth-workflow-object-operation.html
 */
export function decide(question: Question): Decision {
  const verdicts = verdictsOn(question);
  const reason = denyReason(question, verdicts);
  if (reason.sure !== undefined) return { kind: "deny", reason: reason.sure };
  if (!reason.isPossible && allows(question, verdicts, "least", false)) return ALLOW;
  if (!allows(question, verdicts, "most", true)) return NOTHING_ALLOWS;
  if (!reason.isPossible && allows(question, verdicts, "least", true)) return ofOwnOnly(question);
  return NEEDS_OBJECT;
}

function verdictsOn(question: Question): Verdicts {
  const { bucket, permissions } = question;
  const ofPolicies = (policies: readonly CompiledPolicy[]) => evaluate(policies, question);
  const policy = bucket?.policy;
  const { identityPolicies = [], boundary, sessionPolicies } = permissions ?? {};
  return {
    "resource-based policy": ofPolicies(policy === undefined ? [] : [policy]),
    "identity-based policy": ofPolicies(identityPolicies),
    "permissions boundary": boundary && ofPolicies([boundary]),
    "session policy": sessionPolicies && ofPolicies(sessionPolicies),
  };
}

/** An ACL lets the caller do it with what its own account wrote. */
function ofOwnOnly({ caller }: Question): Decision {
  const onlyIfOwner = canonicalIdOf(caller);
  return onlyIfOwner === undefined ? NOTHING_ALLOWS : { kind: "allow", onlyIfOwner };
}

/** Which kind of policy surely denies it, and whether one may, depending on the object. */
function denyReason(
  question: Question,
  verdicts: Verdicts,
): { readonly sure: keyof Verdicts | undefined; readonly isPossible: boolean } {
  let isPossible = false;
  for (const kind of Object.keys(verdicts) as (keyof Verdicts)[]) {
    const isDenied = verdicts[kind]?.isDenied;
    if (isDenied === undefined || !isDenied.most) continue;
    if (kind === "resource-based policy" && isExempt(question)) continue;
    if (isDenied.least) return { sure: kind, isPossible: true };
    isPossible = true;
  }
  return { sure: undefined, isPossible };
}

/** So that an owner can undo a policy that shuts it out. */
const OF_THE_POLICY = new Set([
  "s3:getbucketpolicy",
  "s3:putbucketpolicy",
  "s3:deletebucketpolicy",
]);

function isExempt({ caller, bucket, action }: Question): boolean {
  if (!isSigned(caller) || caller.kind !== "root" || !OF_THE_POLICY.has(action)) return false;
  if (caller.isDeploymentRoot === true && action === "s3:deletebucketpolicy") return true;
  return bucket?.owner.canonicalId === caller.account.canonicalId && !bucket.bindsOwner;
}

function allows(
  question: Question,
  verdicts: Verdicts,
  side: Side,
  countsOwnOnly: boolean,
): boolean {
  const ofPolicy = policyGrant(question, verdicts, side);
  const ofAcl = aclGrant(question, side, countsOwnOnly);
  return combine(question, verdicts, side, ofAcl > ofPolicy ? ofAcl : ofPolicy);
}

/** How directly the bucket's policy names the caller, as far as it counts. */
function policyGrant(question: Question, verdicts: Verdicts, side: Side): Grant {
  const { bucket, caller } = question;
  if (bucket?.policy === undefined) return GRANT.none;
  if (isOthers(question, side)) return GRANT.none;
  const isRestricted = bucket.block.RestrictPublicBuckets && bucket.policy.isPublic;
  const isInside =
    caller.kind === "service" ||
    (isSigned(caller) && caller.account.canonicalId === bucket.owner.canonicalId);
  return isRestricted && !isInside ? GRANT.none : verdicts["resource-based policy"].grant[side];
}

/**
 * The table of AWS's rules: within an account, one of the two sides is enough, and only a policy that names the caller
 * itself reaches over a boundary; between accounts, both are needed.
 */
function combine(question: Question, verdicts: Verdicts, side: Side, grant: Grant): boolean {
  const { caller } = question;
  if (caller.kind === "anonymous") return grant === GRANT.anyone;
  if (caller.kind === "service") return grant >= GRANT.exact || actsForOwner(caller, question);
  const isInside = isOwn(question, side);
  if (caller.kind === "root") return isInside || grant !== GRANT.none;
  const isLimited = !isWithin(verdicts, side);
  const isAllowedItself =
    !isLimited && verdicts["identity-based policy"].grant[side] !== GRANT.none;
  if (!isInside) return isAllowedItself && grant !== GRANT.none;
  return isAllowedItself || grant >= GRANT.exact || (grant === GRANT.limited && !isLimited);
}

/** What is done for a bucket in another one of the same account needs nobody's word for it. */
function actsForOwner({ ownerId }: ServiceCaller, { bucket }: Question): boolean {
  return ownerId !== undefined && bucket?.owner.canonicalId === ownerId;
}

/**
 * Why it was refused, as AWS words it: what denies it, or what would have to allow it and does not.
 *
 * @param action as AWS writes it, `s3:GetObject`
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function refusalReason(question: Question, decision: Decision, action: string): string {
  const denying = decision.kind === "deny" ? decision.reason : undefined;
  if (denying !== undefined)
    return `with an explicit deny in ${denying.startsWith("i") ? "an" : "a"} ${denying}`;
  const verdicts = verdictsOn(question);
  const kinds = ["identity-based policy", "permissions boundary", "session policy"] as const;
  const lacking = kinds.find((kind) => !saysAllow(verdicts[kind], "most")) ?? kinds[0];
  return `because no ${lacking} allows the ${action} action`;
}

/** Do the caller's boundary and its session's policies allow it, as far as it has them? */
export function isWithinLimits(question: Question): boolean {
  return isWithin(verdictsOn(question), "least");
}

function isWithin(verdicts: Verdicts, side: Side): boolean {
  return (
    saysAllow(verdicts["permissions boundary"], side) && saysAllow(verdicts["session policy"], side)
  );
}

/** A limit that there is not limits nothing. */
function saysAllow(verdict: Verdict | undefined, side: Side): boolean {
  return verdict === undefined || verdict.grant[side] !== GRANT.none;
}
