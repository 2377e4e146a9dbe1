import { isIpv4, parseAddressRange } from "../../lib/ip.ts";
import { splitArn } from "./arn.ts";
import { parseConditionKey } from "./context.ts";
import type { Condition, PolicyDocument, Principals, Statement } from "./document.ts";
import { parseOperator } from "./operators.ts";

/** May a value that limits a key be one for which a policy is not public? */
type IsFixed = (value: string) => boolean;

const LEAST_PREFIX_BITS = { ipv4: 8, ipv6: 32 } as const;

/** The keys that tie a request to somebody, each with what counts as fixed for it. */
const FIXED: Readonly<Record<string, IsFixed>> = {
  "aws:sourceip": isNarrowRange,
  "aws:principalaccount": hasNoWildcard,
  "aws:principalarn": isOfOneAccount,
  "aws:principalorgid": hasNoWildcard,
  "aws:sourcearn": hasNoWildcard,
  "aws:sourceaccount": hasNoWildcard,
  "aws:sourceowner": hasNoWildcard,
  "aws:sourcevpc": hasNoWildcard,
  "aws:sourcevpce": hasNoWildcard,
  "aws:userid": (value) => hasNoWildcard(value) || /^AROA[A-Z2-7]+:\*$/.test(value),
  "s3:x-amz-server-side-encryption-aws-kms-key-id": hasNoWildcard,
  "s3:dataaccesspointarn": isOfOneAccount,
  "s3:dataaccesspointaccount": hasNoWildcard,
};

/**
 * Does a policy allow something to everybody? It is assumed to, unless each Allow names who may, or limits to fixed values one
 * of the keys that tell who asks.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of public"
 */
export function isPublicPolicy({ statements }: PolicyDocument): boolean {
  return statements.some(isPublicStatement);
}

function isPublicStatement({ effect, principal, conditions }: Statement): boolean {
  if (effect === "Deny" || principal === undefined) return false;
  if (!principal.isNot && isNamed(principal.values)) return false;
  return !conditions.some(isFixedCondition);
}

/** Fixed accounts, users, roles, sessions, and services. Whom another provider vouches for is anybody. */
function isNamed(principals: Principals): boolean {
  return Array.from(principals).every(
    ([kind, names]) => kind !== "Federated" && names.every(hasNoWildcard),
  );
}

function isFixedCondition({ operator: name, key, values }: Condition): boolean {
  const operator = parseOperator(name);
  if (operator === undefined || operator.isNegated) return false;
  // Both hold for requests without the key.
  if (operator.isIfExists || operator.set === "all") return false;
  const { name: keyName } = parseConditionKey(key);
  const isFixed = Object.hasOwn(FIXED, keyName) ? FIXED[keyName] : undefined;
  return isFixed !== undefined && values.every(isFixed);
}

function hasNoWildcard(value: string): boolean {
  return !value.includes("*") && !value.includes("?") && !value.includes("${");
}

/** What stands before the account has no wildcard either, which could reach over a colon. */
function isOfOneAccount(text: string): boolean {
  const [account, ...before] = splitArn(text)?.slice(0, 5).toReversed() ?? [];
  return account !== undefined && account !== "" && [account, ...before].every(hasNoWildcard);
}

/** Private ranges (RFC 1918) are no wider than this either. */
function isNarrowRange(value: string): boolean {
  const range = parseAddressRange(value);
  if (range === undefined) return false;
  return range.prefixBits >= LEAST_PREFIX_BITS[isIpv4(range) ? "ipv4" : "ipv6"];
}
