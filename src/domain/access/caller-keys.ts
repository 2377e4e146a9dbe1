import { type Caller, isSigned, type SignedCaller } from "../../protocol/caller.ts";
import type { ConditionKey } from "../../protocol/policy/context.ts";
import { tagValue } from "../../protocol/tag-set.ts";

type ReadKey = (caller: Caller, member: string) => string | undefined;

const PRINCIPAL_TYPES: Readonly<Record<SignedCaller["kind"], string>> = {
  root: "Account",
  user: "User",
  "role session": "AssumedRole",
  "federated user": "FederatedUser",
};

/**
 * The condition keys that tell who asks, by their names in small letters.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties
 */
export const CALLER_KEYS: ReadonlyMap<string, ReadKey> = new Map<string, ReadKey>([
  ["aws:principalarn", signed(principalArn)],
  ["aws:principalaccount", signed(({ account }) => account.id)],
  ["aws:principaltype", principalType],
  ["aws:userid", userId],
  ["aws:username", signed(({ userName }) => userName)],
  ["aws:principaltag", signed(({ tags }, member) => tagValue(tags, member))],
  ["aws:tokenissuetime", signed(tokenIssueTime)],
  // Nobody has a second factor here. AWS has the key for temporary credentials only.
  ["aws:multifactorauthpresent", signed(({ session }) => session && "false")],
  ["aws:sourceidentity", signed(({ session }) => session?.sourceIdentity)],
  ["aws:federatedprovider", signed(({ session }) => session?.webIdentity?.providerArn)],
  // Ceph's key for the same as the token's presence.
  ["sts:authentication", signed(({ session }) => String(session !== undefined))],
  ["aws:principalisawsservice", ({ kind }) => String(kind === "service")],
  ["aws:viaawsservice", () => "false"],
  ["aws:principalservicename", (caller) => (caller.kind === "service" ? caller.name : undefined)],
  ["aws:sourcearn", (caller) => (caller.kind === "service" ? caller.sourceArn : undefined)],
  ["aws:sourceaccount", sourceAccount],
]);

function signed(read: (caller: SignedCaller, member: string) => string | undefined): ReadKey {
  return (caller, member) => (isSigned(caller) ? read(caller, member) : undefined);
}

/** Of a role's session, that of the role. */
function principalArn({ kind, arn, behind }: SignedCaller): string {
  return kind === "role session" ? (behind?.arn ?? arn) : arn;
}

function principalType(caller: Caller): string | undefined {
  if (isSigned(caller)) return PRINCIPAL_TYPES[caller.kind];
  return caller.kind === "anonymous" ? "Anonymous" : undefined;
}

function userId(caller: Caller): string | undefined {
  if (isSigned(caller)) return caller.userId;
  return caller.kind === "anonymous" ? "anonymous" : undefined;
}

function tokenIssueTime({ session }: SignedCaller): string | undefined {
  return session && new Date(session.issuedMs).toISOString();
}

function sourceAccount(caller: Caller): string | undefined {
  return caller.kind === "service" ? caller.sourceAccountId : undefined;
}

/**
 * `<provider's URL without https>:sub` and `:aud`, of whom has a session that was made with a token of that provider.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#cross-condition-keys-wif
 */
export function providerKey(caller: Caller, key: ConditionKey): string | undefined {
  const token = isSigned(caller) ? caller.session?.webIdentity : undefined;
  if (token === undefined) return undefined;
  const claim = claimOf(token.providerArn, key);
  if (claim === "sub") return token.subject;
  return claim === "aud" ? token.audience : undefined;
}

/** Which claim of its tokens a key asks a provider for, in small letters; undefined: it is no key of the provider's. */
export function claimOf(providerArn: string, { name, member }: ConditionKey): string | undefined {
  const provider = providerArn.slice(providerArn.indexOf("/") + 1).toLowerCase();
  const asked = (member === undefined ? name : `${name}/${member}`).toLowerCase();
  return asked.startsWith(`${provider}:`) ? asked.slice(provider.length + 1) : undefined;
}
