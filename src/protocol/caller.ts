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

/** A part of Ledge that acts on a bucket's behalf, as the one that delivers logs. */
export interface ServiceCaller {
  readonly kind: "service";
  /** `logging.s3.amazonaws.com` */
  readonly name: string;
  /** The ARN and the account of that on whose behalf it acts. */
  readonly sourceArn: string;
  readonly sourceAccountId: string;
}

export interface SignedCaller {
  readonly kind: "root" | "user" | "role session" | "federated user";
  readonly account: Account;
  /** The caller's own: of a session, that of the session. */
  readonly arn: string;
  /** `aws:userid`: the account's id of root, `AIDA…`, `AROA…:session`, or `<account id>:<name>`. */
  readonly userId: string;
  /** `aws:username`; undefined for all but users. */
  readonly userName?: string;
  /** Whom a session acts for: the role, or the user that made the federated user. */
  readonly behind?: { readonly arn: string; readonly uniqueId: string };
  /** The root of the account that the deployment's settings name. */
  readonly isDeploymentRoot?: boolean;
  /** Those of user or role, the session's own on top. */
  readonly tags?: TagSet;
  /** Undefined for long-term keys. */
  readonly session?: Session;
}

export interface Session {
  readonly issuedMs: number;
  readonly sourceIdentity?: string;
  /** The ARN of the provider whose token it was made with. */
  readonly federatedProvider?: string;
}

/**
 * Whom the objects belong to that nobody signed for.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
export const ANONYMOUS_CANONICAL_ID = "65a011a29cdf8ec533ec3d1ccaae921c";

export const ANONYMOUS: AnonymousCaller = { kind: "anonymous" };

/** Whoever has a key of an account itself. */
export function rootOf(account: Account): SignedCaller {
  return { kind: "root", account, arn: `arn:aws:iam::${account.id}:root`, userId: account.id };
}

/** Somebody whose account is known. */
export function isSigned(caller: Caller): caller is SignedCaller {
  return caller.kind !== "anonymous" && caller.kind !== "service";
}

/** Whom an ACL names; undefined for services, which it cannot name. */
export function canonicalIdOf(caller: Caller): string | undefined {
  if (isSigned(caller)) return caller.account.canonicalId;
  return caller.kind === "anonymous" ? ANONYMOUS_CANONICAL_ID : undefined;
}
