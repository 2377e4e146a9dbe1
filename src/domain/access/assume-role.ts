import {
  isSigned,
  type ServiceCaller,
  type SignedCaller,
  type WebIdentityCaller,
} from "../../protocol/caller.ts";
import type { Account } from "../../protocol/owner.ts";
import { splitArn } from "../../protocol/policy/arn.ts";
import type { PolicyContext } from "../../protocol/policy/context.ts";
import { evaluate } from "../../protocol/policy/evaluate.ts";
import { GRANT } from "../../protocol/policy/principals.ts";
import { compileTrustPolicy, type TrustPolicy } from "../../protocol/policy/trust-policy.ts";
import { decide, isWithinLimits } from "./decide.ts";
import { permissionsOf } from "./permissions.ts";
import type { Question } from "./question.ts";

/** What is asked for of a role. Tags and a source identity are actions of their own. */
export type AssumeAction =
  | "sts:AssumeRole"
  | "sts:AssumeRoleWithWebIdentity"
  | "sts:SetSourceIdentity"
  | "sts:TagSession";

export interface AssumedRole {
  readonly arn: string;
  readonly account: Account;
  readonly trust: TrustPolicy;
}

/**
 * May the caller act as the role? The role's trust policy has to allow each action, and the caller's own policies, too, unless it is
 * of the role's account and the trust policy names itself. Root of an account may not, whoever trusts it.
 *
 * @param context `iam-context.ts`, with the role's tags as those of the resource
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 */
export function mayAssume(
  caller: ServiceCaller | SignedCaller | WebIdentityCaller,
  role: AssumedRole,
  actions: readonly AssumeAction[],
  context: PolicyContext,
): boolean {
  if (caller.kind === "root" || actions.length === 0) return false;
  return actions.every((action) => isAllowed(caller, role, action.toLowerCase(), context));
}

function isAllowed(
  caller: ServiceCaller | SignedCaller | WebIdentityCaller,
  { arn, account, trust }: AssumedRole,
  action: string,
  context: PolicyContext,
): boolean {
  const asked = { action, resource: splitArn(arn) ?? [], context };
  const { isDenied, grant } = evaluate([compileTrustPolicy(trust)], { ...asked, caller });
  // Nothing here depends on an object.
  if (isDenied.most || grant.least === GRANT.none) return false;
  // A service is trusted by its name, not as one of all.
  if (caller.kind === "service") return grant.least >= GRANT.exact;
  if (!isSigned(caller)) return true;
  const permissions = permissionsOf(caller);
  const question: Question = { ...asked, caller, permissions, bucket: undefined, object: "none" };
  const own = decide(question);
  if (own.kind === "allow") return true;
  const isExplicit = own.kind === "deny" && own.reason !== undefined;
  if (isExplicit || caller.account.canonicalId !== account.canonicalId) return false;
  return grant.least >= GRANT.exact || (grant.least === GRANT.limited && isWithinLimits(question));
}
