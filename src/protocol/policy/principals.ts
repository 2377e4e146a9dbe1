import {
  type Caller,
  isSigned,
  type SignedCaller,
  type WebIdentity,
  type WebIdentityCaller,
} from "../caller.ts";
import type { Choice, Effect, Principals } from "./document.ts";

/**
 * How directly a policy or an ACL names a caller, from not at all on: as anybody of its account, as the role behind a
 * session, as itself, as anybody at all. What more it needs depends on that (`domain/access/decide.ts`).
 */
export const GRANT = { none: 0, account: 1, limited: 2, exact: 3, anyone: 4 } as const;
export type Grant = (typeof GRANT)[keyof typeof GRANT];

export type NamedCaller = Caller | WebIdentityCaller;

/** One principal that a policy names: how directly it names a caller. */
type Principal = (caller: NamedCaller) => Grant;

const ACCOUNT_ID = /^\d{12}$/;
/** The accounts of a local server's file may have names for ids, or none. */
const ROOT_ARN = /^arn:aws:iam::([A-Za-z0-9]*):root$/;
const USER_OR_ROLE_ARN = /^arn:aws:iam::[A-Za-z0-9]*:(?:user|role)\/[^*?]+$/;
/** Sessions are STS's. They are often written as IAM's, and mean the same. */
const SESSION_ARN = /^arn:aws:(?:iam|sts)(::[A-Za-z0-9]*:(?:assumed-role|federated-user)\/[^*?]+)$/;
const UNIQUE_ID = /^A(?:IDA|ROA)[A-Z2-7]{17}$/;
const CANONICAL_ID = /^[A-Za-z0-9$_-]{1,128}$/;
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

/** By kind, how a name is read; undefined for what can be no name of the kind. */
const READERS: ReadonlyMap<string, (name: string) => Principal | undefined> = new Map([
  ["*", () => anyone],
  ["AWS", readAws],
  ["CanonicalUser", (id) => (CANONICAL_ID.test(id) ? ofCanonicalId(id) : undefined)],
  ["Service", (name) => (SERVICE.test(name) ? ofService(name) : undefined)],
  ["Federated", (provider) => (provider === "" ? undefined : ofProvider(provider))],
]);

/**
 * Undefined: one of them is of no form that a policy may name.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function parsePrincipals(named: Principals): readonly Principal[] | undefined {
  const principals = Array.from(named).flatMap(([kind, names]) =>
    names.map((name) => READERS.get(kind)?.(name)),
  );
  const known = principals.filter((principal) => principal !== undefined);
  return known.length === principals.length ? known : undefined;
}

function readAws(name: string): Principal | undefined {
  if (name === "*") return anyone;
  if (ACCOUNT_ID.test(name)) return ofAccount(name);
  if (UNIQUE_ID.test(name)) return ofUniqueId(name);
  if (USER_OR_ROLE_ARN.test(name)) return ofArn(name);
  const rootAccount = ROOT_ARN.exec(name)?.[1];
  if (rootAccount !== undefined) return ofAccount(rootAccount);
  const session = SESSION_ARN.exec(name)?.[1];
  return session === undefined ? undefined : ofArn(`arn:aws:sts${session}`);
}

function anyone(): Grant {
  return GRANT.anyone;
}

const ofAccount = (id: string) =>
  signed(({ account }) => (account.id === id ? GRANT.account : GRANT.none));

const ofCanonicalId = (id: string) =>
  signed(({ account }) => (account.canonicalId === id ? GRANT.account : GRANT.none));

const ofArn = (named: string) =>
  signed(({ arn, behind }) => {
    if (arn === named) return GRANT.exact;
    return behind?.arn === named ? GRANT.limited : GRANT.none;
  });

/** It is never given twice, as a name is. */
const ofUniqueId = (id: string) =>
  signed(({ userId, behind }) => {
    if (userId === id) return GRANT.exact;
    return behind?.uniqueId === id ? GRANT.limited : GRANT.none;
  });

function ofProvider(arn: string): Principal {
  return (caller) => (webIdentityOf(caller)?.providerArn === arn ? GRANT.limited : GRANT.none);
}

function webIdentityOf(caller: NamedCaller): WebIdentity | undefined {
  if (caller.kind === "web identity") return caller.webIdentity;
  return isSigned(caller) ? caller.session?.webIdentity : undefined;
}

function ofService(name: string): Principal {
  return (caller) => (caller.kind === "service" && caller.name === name ? GRANT.exact : GRANT.none);
}

function signed(grantTo: (caller: SignedCaller) => Grant): Principal {
  return (caller) => (isSigned(caller) ? grantTo(caller) : GRANT.none);
}

/**
 * A statement's Principal or NotPrincipal, ready to be asked of many callers. One that cannot be understood names nobody for
 * an Allow and everybody for a Deny.
 */
export function compilePrincipals(
  { isNot, values }: Choice<Principals>,
  effect: Effect,
): (caller: NamedCaller) => Grant {
  const principals = parsePrincipals(values);
  // AWS refuses an Allow for all but some: it would be one for anonymous callers too.
  if (principals === undefined || (isNot && effect === "Allow"))
    return effect === "Deny" ? anyone : () => GRANT.none;
  if (isNot) return (caller) => (isExcepted(principals, caller) ? GRANT.none : GRANT.anyone);
  return (caller) => {
    let most: Grant = GRANT.none;
    // An Allow for everybody is for whoever makes requests: services have to be named.
    const isNamedOnly = caller.kind === "service" && effect === "Allow";
    for (const grantTo of principals) {
      const grant = grantTo(caller);
      if (grant > most && !(isNamedOnly && grantTo === anyone)) most = grant;
    }
    return most;
  };
}

/**
 * Is a statement about all but these silent about the caller? Its account has to be listed, and also it itself, or whom it
 * acts for, unless it is root. Nobody lists an anonymous caller.
 */
function isExcepted(principals: readonly Principal[], caller: NamedCaller): boolean {
  const grants = new Set(principals.map((grantTo) => grantTo(caller)));
  if (grants.has(GRANT.anyone)) return true;
  const isAccountListed = grants.has(GRANT.account) || caller.kind === "service";
  const isItselfListed =
    grants.has(GRANT.exact) || grants.has(GRANT.limited) || caller.kind === "root";
  return isAccountListed && isItselfListed;
}
