import type { KeyValue, PolicyContext } from "../../protocol/policy/context.ts";
import { type TagSet, tagValue } from "../../protocol/tag-set.ts";
import { claimOf } from "./caller-keys.ts";
import { type GlobalFacts, lazyContext, type ReadKeyOf } from "./global-keys.ts";

/** What a request to IAM or STS tells policies beside what every request does. */
export interface IamFacts {
  /** Of the user, the role, or the policy that it is about: `aws:ResourceTag/key` and `iam:ResourceTag/key`. */
  readonly tags?: TagSet | undefined;
  /** Those that it brings: `aws:RequestTag/key`, `aws:TagKeys`. */
  readonly requestTags?: TagSet | undefined;
  /** Of tags that it takes away: `aws:TagKeys`. */
  readonly tagKeys?: readonly string[] | undefined;
  /** Its other keys, by their names in small letters: `iam:policyarn`, `sts:externalid`. */
  readonly keys?: Readonly<Record<string, KeyValue>> | undefined;
  /** The token that it is made with, of an OIDC provider. */
  readonly token?: ProviderToken | undefined;
}

interface ProviderToken {
  readonly providerArn: string;
  /** By their names in small letters. */
  readonly claims: ReadonlyMap<string, string | readonly string[]>;
}

const resourceTag: ReadKeyOf<IamFacts> = ({ tags }, member) => tagValue(tags, member);

const KEYS: ReadonlyMap<string, ReadKeyOf<IamFacts>> = new Map<string, ReadKeyOf<IamFacts>>([
  ["aws:resourcetag", resourceTag],
  ["iam:resourcetag", resourceTag],
  ["aws:requesttag", ({ requestTags }, member) => tagValue(requestTags, member)],
  ["aws:tagkeys", ({ requestTags, tagKeys }) => tagKeys ?? requestTags?.map(({ key }) => key)],
]);

/**
 * The condition keys of a request to IAM or STS.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
export function iamContext(global: GlobalFacts, facts: IamFacts): PolicyContext {
  const { keys = {}, token } = facts;
  return lazyContext(global, (key) => {
    const read = KEYS.get(key.name);
    if (read !== undefined) return read(facts, key.member ?? "");
    if (Object.hasOwn(keys, key.name)) return keys[key.name];
    const claim = token && claimOf(token.providerArn, key);
    return claim === undefined ? undefined : token?.claims.get(claim);
  });
}
