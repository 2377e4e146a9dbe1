import type {
  Caller,
  FederatedUser,
  PrincipalPolicies,
  RoleSession,
  RootCaller,
  UserCaller,
} from "../../src/protocol/caller.ts";
import type { Account } from "../../src/protocol/owner.ts";
import { privateAcl } from "../../src/protocol/acl/acl.ts";
import { type CompiledPolicy, compilePolicy } from "../../src/protocol/policy/compile.ts";
import { readPolicy } from "../../src/protocol/policy/document.ts";
import {
  type KeyValue,
  parseConditionKey,
  type PolicyContext,
} from "../../src/protocol/policy/context.ts";
import { publicAccessBlock } from "../../src/protocol/public-access-block.ts";
import type { BucketFacts } from "../../src/domain/access/facts.ts";

export const OWNER: Account = { id: "111111111111", canonicalId: "a1", displayName: "owner" };
export const OTHER: Account = { id: "222222222222", canonicalId: "a2", displayName: "other" };

export const NO_BLOCK = publicAccessBlock();

export const ANONYMOUS: Caller = { kind: "anonymous" };

export function rootOf(account: Account): RootCaller {
  const { id } = account;
  return { kind: "root", account, arn: `arn:aws:iam::${id}:root`, userId: id };
}

/** Nothing is allowed or denied. */
const NO_POLICIES: PrincipalPolicies = { identityPolicies: [] };

export function userOf(account: Account, userName = "alice"): UserCaller {
  const arn = `arn:aws:iam::${account.id}:user/${userName}`;
  const userId = "AIDAABCDEFGHIJKLMNOPQ";
  return { kind: "user", account, arn, userId, userName, policies: NO_POLICIES };
}

export function roleSessionOf(account: Account): RoleSession {
  return {
    kind: "role session",
    account,
    arn: `arn:aws:sts::${account.id}:assumed-role/worker/monday`,
    userId: "AROAABCDEFGHIJKLMNOPQ:monday",
    behind: { arn: `arn:aws:iam::${account.id}:role/worker`, uniqueId: "AROAABCDEFGHIJKLMNOPQ" },
    session: { issuedMs: Date.UTC(2026, 10, 26) },
    policies: NO_POLICIES,
  };
}

/** Whom alice made by GetFederationToken. */
export function federatedUserOf(account: Account): FederatedUser {
  const user = userOf(account);
  return {
    kind: "federated user",
    account,
    arn: `arn:aws:sts::${account.id}:federated-user/guest`,
    userId: `${account.id}:guest`,
    behind: { arn: user.arn, uniqueId: user.userId },
    session: { issuedMs: Date.UTC(2026, 10, 26) },
    policies: NO_POLICIES,
  };
}

export function compiled(policy: object): CompiledPolicy {
  return compilePolicy(readPolicy(JSON.stringify(policy)));
}

/** Statements as a policy of 2012. */
export function policyOf(...statements: readonly object[]): CompiledPolicy {
  return compiled({ Version: "2012-10-17", Statement: statements });
}

/** A request that has these keys, and no others. */
export function contextOf(values: Readonly<Record<string, KeyValue>>): PolicyContext {
  const byName = new Map<string, KeyValue>(
    Object.entries(values).map(([text, value]) => {
      const { name, member } = parseConditionKey(text);
      return [`${name}/${member ?? ""}`, value] as const;
    }),
  );
  return { value: ({ name, member }) => byName.get(`${name}/${member ?? ""}`) };
}

export function bucketOf(facts: Partial<BucketFacts> = {}): BucketFacts {
  return {
    name: "bucket",
    owner: OWNER,
    ownership: undefined,
    acl: privateAcl(OWNER),
    policy: undefined,
    isRequesterPays: false,
    bindsOwner: false,
    block: NO_BLOCK,
    tags: undefined,
    ...facts,
  };
}
