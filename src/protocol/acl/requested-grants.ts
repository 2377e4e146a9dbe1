import { invalidArgument, S3Error } from "../errors.ts";
import type { Account } from "../owner.ts";
import {
  accountGrant,
  type AclGrant,
  groupGrant,
  groupOfUri,
  MAX_GRANTS,
  type Permission,
} from "./acl.ts";

/** A grant as a client names it, before anybody looked whether there is such a grantee. */
export interface RequestedGrant {
  readonly grantee: RequestedGrantee;
  readonly permission: Permission;
}

export interface RequestedGrantee {
  readonly by: "id" | "email" | "uri";
  readonly name: string;
  /** What AWS calls the argument when there is none: `id`, or in a document `CanonicalUser/ID`. */
  readonly argument: string;
}

/** How an account is named: the canonical id, or an e-mail address. */
export type AccountName = { readonly canonicalId: string } | { readonly email: string };

/** @returns undefined when there is no such account */
export type FindAccount = (name: AccountName) => Promise<Account | undefined>;

/**
 * Looks up who is meant, each account once.
 *
 * @throws S3Error InvalidArgument (`Invalid id`, `Invalid group uri`), UnresolvableGrantByEmailAddress; MalformedACLError for
 *   over 100 grants
 */
export async function resolveGrants(
  requested: readonly RequestedGrant[],
  find: FindAccount,
): Promise<readonly AclGrant[]> {
  if (requested.length > MAX_GRANTS) throw new S3Error("MalformedACLError");
  const found = new Map<string, Account>();
  const grants: AclGrant[] = [];
  for (const { grantee, permission } of requested) {
    if (grantee.by === "uri") {
      grants.push(groupGrant(groupNamed(grantee), permission));
      continue;
    }
    const seenAs = `${grantee.by} ${grantee.name}`;
    const account = found.get(seenAs) ?? (await accountNamed(grantee, find));
    found.set(seenAs, account);
    grants.push(accountGrant(account, permission));
  }
  return grants;
}

function groupNamed({ name, argument }: RequestedGrantee) {
  const group = groupOfUri(name);
  if (group === undefined) throw invalidArgument("Invalid group uri", argument, name);
  return group;
}

async function accountNamed(
  { by, name, argument }: RequestedGrantee,
  find: FindAccount,
): Promise<Account> {
  const account = await find(by === "email" ? { email: name } : { canonicalId: name });
  if (account !== undefined) return account;
  if (by === "email") throw new S3Error("UnresolvableGrantByEmailAddress");
  throw invalidArgument("Invalid id", argument, name);
}
