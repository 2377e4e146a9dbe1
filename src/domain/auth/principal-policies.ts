import type { PrincipalPolicies } from "../../protocol/caller.ts";
import { awsManagedPolicy } from "../../protocol/policy/aws-managed.ts";
import type { PolicyRecord, PrincipalRecord } from "../../storage/ports/account-directory.ts";

/** A boundary, or a session policy, that there is not any more lets nothing through. */
export const NOTHING = '{"Version":"2012-10-17","Statement":[]}';
/** What root may do. */
export const EVERYTHING =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';

/** The policies that decide what a user may do, as texts. */
export function policiesOf({ policies, boundary }: PrincipalRecord): PrincipalPolicies {
  return {
    identityPolicies: policies.flatMap((policy) => policyText(policy) ?? []),
    ...(boundary !== undefined && { boundary: policyText(boundary) ?? NOTHING }),
  };
}

/** AWS's own are in no Directory. */
export function policyText({ id, document }: PolicyRecord): string | undefined {
  return document ?? awsManagedPolicy(id)?.document;
}
