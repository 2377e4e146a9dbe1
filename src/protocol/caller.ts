import { iamArn } from "./iam/arns.ts";
import type { Account } from "./owner.ts";
import type { TagSet } from "./tag-set.ts";

/**
 * Who makes a request, as policies and ACLs name callers. A session that a user got for itself (GetSessionToken) is the user.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
 */
export type Caller = AnonymousCaller | ServiceCaller | SignedCaller;

export interface AnonymousCaller {
  readonly kind: "anonymous";
}

/** A part of Ledge that acts on a bucket's behalf, as the one that delivers logs: it makes no request, and signs nothing. */
export interface ServiceCaller {
  readonly kind: "service";
  /** `logging.s3.amazonaws.com` */
  readonly name: string;
  /** The ARN and the account of that on whose behalf it acts. */
  readonly sourceArn: string;
  readonly sourceAccountId: string;
  /**
   * The canonical id of the account in whose buckets it may do what it is there for, unless a policy denies it. Absent: it may where a
   * policy or an ACL names it.
   */
  readonly ownerId?: string;
}

export type SignedCaller = RootCaller | UserCaller | RoleSession | FederatedUser;

interface Signed {
  readonly account: Account;
  /** The caller's own: of a session, that of the session. */
  readonly arn: string;
  /** `aws:userid`: the account's id of root, `AIDA…`, `AROA…:session`, or `<account id>:<name>`. */
  readonly userId: string;
  /** `aws:username`; undefined for all but users. */
  readonly userName?: string;
  /** Whom a session acts for: the role, or the user that made the federated user. */
  readonly behind?: { readonly arn: string; readonly uniqueId: string };
  /** Those of user or role, the session's own on top. */
  readonly tags?: TagSet;
  /** Undefined for long-term keys. */
  readonly session?: Session;
  /** Undefined for root, which may do everything in its account. */
  readonly policies?: PrincipalPolicies;
  /** The root of the account that the deployment's settings name, with its long-term key. */
  readonly isDeploymentRoot?: boolean;
}

export interface RootCaller extends Signed {
  readonly kind: "root";
  readonly policies?: never;
}

export interface UserCaller extends Signed {
  readonly kind: "user";
  readonly userName: string;
  readonly policies: PrincipalPolicies;
}

export interface RoleSession extends Signed {
  readonly kind: "role session";
  readonly behind: NonNullable<Signed["behind"]>;
  readonly session: Session;
  /** The role's. */
  readonly policies: PrincipalPolicies;
}

export interface FederatedUser extends Signed {
  readonly kind: "federated user";
  readonly behind: NonNullable<Signed["behind"]>;
  readonly session: Session;
  /** The user's that made it. */
  readonly policies: PrincipalPolicies;
}

/**
 * What a user or a role has of policies, as the texts of their documents. Read once, it is one object as long as it is
 * remembered: what is compiled of it is kept with it.
 */
export interface PrincipalPolicies {
  /** Its own, inline and attached, and its groups'. */
  readonly identityPolicies: readonly string[];
  /** Undefined: it has none. */
  readonly boundary?: string;
}

/** What temporary credentials say of themselves. One object as long as the token is remembered, as {@link PrincipalPolicies}. */
export interface Session {
  readonly issuedMs: number;
  /**
   * Those that it was made with, as texts. Undefined: none, so that they limit nothing; of a federated user that was made
   * without any the empty list, which allows nothing.
   */
  readonly sessionPolicies?: readonly string[];
  /** Which of the tags go on to sessions that are made with this one. */
  readonly transitiveTagKeys?: readonly string[];
  readonly sourceIdentity?: string;
  /** Undefined: it was not made with a provider's token. */
  readonly webIdentity?: WebIdentity;
}

/** Whom an OIDC provider's token was made for. */
export interface WebIdentity {
  /** `arn:aws:iam::111111111111:oidc-provider/host/path` */
  readonly providerArn: string;
  readonly subject: string;
  readonly audience: string;
}

/** Whoever has a token of an OIDC provider, and no credentials yet: a role's trust policy alone knows it. */
export interface WebIdentityCaller {
  readonly kind: "web identity";
  readonly webIdentity: WebIdentity;
}

/**
 * Whom the objects belong to that nobody signed for.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
export const ANONYMOUS_CANONICAL_ID = "65a011a29cdf8ec533ec3d1ccaae921c";

export const ANONYMOUS: AnonymousCaller = { kind: "anonymous" };

/** Whoever has a key of an account itself. */
export function rootOf(account: Account): RootCaller {
  return { kind: "root", account, arn: `arn:aws:iam::${account.id}:root`, userId: account.id };
}

/** A user of an account. */
export function userOf(
  account: Account,
  { uniqueId, name, path, tags }: { uniqueId: string; name: string; path: string; tags: TagSet },
  policies: PrincipalPolicies,
): UserCaller {
  return {
    kind: "user",
    account,
    arn: iamArn(account.id, "user", path, name),
    userId: uniqueId,
    userName: name,
    tags,
    policies,
  };
}

/** Somebody whose account is known. */
export function isSigned(caller: Caller | WebIdentityCaller): caller is SignedCaller {
  return caller.kind !== "anonymous" && caller.kind !== "service" && caller.kind !== "web identity";
}

/** Whom an ACL names; undefined for services, which it cannot name. */
export function canonicalIdOf(caller: Caller): string | undefined {
  if (isSigned(caller)) return caller.account.canonicalId;
  return caller.kind === "anonymous" ? ANONYMOUS_CANONICAL_ID : undefined;
}
