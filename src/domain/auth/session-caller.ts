import {
  type PrincipalPolicies,
  rootOf,
  type Session,
  type SignedCaller,
  userOf,
} from "../../protocol/caller.ts";
import { iamArn } from "../../protocol/iam/arns.ts";
import type { Account } from "../../protocol/owner.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import type { SessionRecord } from "../../storage/ports/session-directory.ts";
import type { Identity } from "./identity.ts";
import { EVERYTHING, NOTHING, policiesOf, policyText } from "./principal-policies.ts";
import type { OpenedSession, SessionClaims } from "./session-token.ts";

interface Made {
  readonly record: SessionRecord;
  readonly identity: Identity | undefined;
}

/** What sessions were put together with last: what is compiled of their policies is kept with it. */
const made = new WeakMap<OpenedSession, Made>();

/**
 * Whom temporary credentials stand for: what their token says, and what the role or the user that they act for may do now.
 *
 * @param own the account of the settings, which the Directory need not know
 * @returns undefined: the account is gone, or the record is of something else than the token
 */
export function sessionIdentity(
  opened: OpenedSession,
  record: SessionRecord,
  own: Account,
): Identity | undefined {
  const before = made.get(opened);
  if (before?.record === record) return before.identity;
  const { claims, secretAccessKey } = opened;
  const account = record.account ?? (claims.accountId === own.id ? own : undefined);
  const caller = account && callerOf(claims, record, account);
  const identity = caller && { caller, secretAccessKey };
  made.set(opened, { record, identity });
  return identity;
}

function callerOf(
  claims: SessionClaims,
  record: SessionRecord,
  account: Account,
): SignedCaller | undefined {
  const { principal } = record;
  const session = sessionOf(claims, record);
  if (principal === undefined) {
    if (claims.kind === "root") return { ...rootOf(account), session };
    // Whatever root may do, and its session policies allow.
    const policies = { identityPolicies: [EVERYTHING] };
    const root = rootOf(account);
    const behind = { arn: root.arn, uniqueId: root.userId };
    return claims.kind === "federated user"
      ? federatedUser(claims, account, session, { behind, policies, tags: [] })
      : undefined;
  }
  const { kind, uniqueId, path, name, tags } = principal;
  const policies = policiesOf(principal);
  const behind = { arn: iamArn(account.id, kind, path, name), uniqueId };
  if (kind === "role" && claims.kind === "role session")
    return {
      kind: "role session",
      account,
      arn: `arn:aws:sts::${account.id}:assumed-role/${name}/${claims.name}`,
      userId: `${uniqueId}:${claims.name}`,
      behind,
      tags: withTags(tags, claims.tags),
      session,
      policies,
    };
  if (kind === "user" && claims.kind === "federated user")
    return federatedUser(claims, account, session, { behind, policies, tags });
  if (kind === "user" && claims.kind === "user")
    return { ...userOf(account, principal, policies), session };
  return undefined;
}

function federatedUser(
  { name, tags: sessionTags }: SessionClaims,
  account: Account,
  session: Session,
  maker: {
    readonly behind: { readonly arn: string; readonly uniqueId: string };
    readonly policies: PrincipalPolicies;
    readonly tags: TagSet;
  },
): SignedCaller {
  const { behind, policies, tags } = maker;
  return {
    kind: "federated user",
    account,
    arn: `arn:aws:sts::${account.id}:federated-user/${name}`,
    userId: `${account.id}:${name}`,
    behind,
    tags: withTags(tags, sessionTags),
    // Without session policies it may do what a bucket policy allows it by name.
    session: { ...session, sessionPolicies: session.sessionPolicies ?? [] },
    policies,
  };
}

function sessionOf(claims: SessionClaims, { sessionPolicies }: SessionRecord): Session {
  const { issuedSeconds, policy, transitiveTagKeys, sourceIdentity, webIdentity } = claims;
  const managed = sessionPolicies.map((each) => policyText(each) ?? NOTHING);
  const policies = policy === undefined ? managed : [policy, ...managed];
  return {
    issuedMs: 1000 * issuedSeconds,
    ...(policies.length > 0 && { sessionPolicies: policies }),
    ...(transitiveTagKeys !== undefined && { transitiveTagKeys }),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...(webIdentity !== undefined && { webIdentity }),
  };
}

/** A session's own take the place of those with the same name, which has no case. */
function withTags(tags: TagSet, own: TagSet = []): TagSet {
  const names = new Set(own.map(({ key }) => key.toLowerCase()));
  return [...tags.filter(({ key }) => !names.has(key.toLowerCase())), ...own];
}
