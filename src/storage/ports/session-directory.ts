import type { Account } from "../../protocol/owner.ts";
import type { TrustPolicy } from "../../protocol/policy/trust-policy.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import type { PolicyRecord, PrincipalRecord } from "./account-directory.ts";

/** What a session is decided by, beside what its token says. */
export interface SessionRecord {
  /** Undefined: the Directory does not know it, as it does not know the one of the settings before that has identities. */
  readonly account?: Account;
  /** The role or the user that it acts for; undefined: root. */
  readonly principal?: PrincipalRecord;
  /** The managed policies that it was made with, in their order. */
  readonly sessionPolicies: readonly PolicyRecord[];
}

/** A role as it is to be assumed. */
export interface AssumableRole {
  readonly account: Account;
  /** `AROA…` */
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly tags: TagSet;
  readonly trust: TrustPolicy;
  readonly maxSessionSeconds: number;
}

/** A provider whose tokens roles may be assumed with. */
export interface TrustedProvider {
  readonly arn: string;
  /** Whom its tokens may be for; none: for anybody. */
  readonly clientIds: readonly string[];
}

/** Port: what sessions are made from, and decided by. */
export interface SessionDirectory {
  /**
   * @param principalId of a role, or of a user; of root its account's id
   * @returns undefined: it is gone
   */
  findSessionRecord(
    principalId: string,
    policyArns: readonly string[],
  ): Promise<SessionRecord | undefined>;
  findRole(arn: string): Promise<AssumableRole | undefined>;
  findProvider(arn: string): Promise<TrustedProvider | undefined>;
}
