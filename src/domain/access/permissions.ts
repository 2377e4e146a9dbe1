import type { Caller, PrincipalPolicies, Session } from "../../protocol/caller.ts";
import { type CompiledPolicy, compileStoredPolicy } from "../../protocol/policy/compile.ts";
import type { Permissions } from "./facts.ts";

/** What was read of them does not change: it is compiled once. */
const ofPrincipals = new WeakMap<PrincipalPolicies, Permissions>();
const ofSessions = new WeakMap<Session, readonly CompiledPolicy[]>();

/** What policies say of the caller; undefined: none are asked. */
export function permissionsOf(caller: Caller): Permissions | undefined {
  if (!("policies" in caller) || caller.policies === undefined) return undefined;
  const { policies, session } = caller;
  let permissions = ofPrincipals.get(policies);
  if (permissions === undefined) ofPrincipals.set(policies, (permissions = compile(policies)));
  if (session?.sessionPolicies === undefined) return permissions;
  let sessionPolicies = ofSessions.get(session);
  if (sessionPolicies === undefined) {
    sessionPolicies = session.sessionPolicies.map(compileStoredPolicy);
    ofSessions.set(session, sessionPolicies);
  }
  return { ...permissions, sessionPolicies };
}

function compile({ identityPolicies, boundary }: PrincipalPolicies): Permissions {
  return {
    identityPolicies: identityPolicies.map(compileStoredPolicy),
    ...(boundary !== undefined && { boundary: compileStoredPolicy(boundary) }),
  };
}
