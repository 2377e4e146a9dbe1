import type { FindAccount } from "../protocol/acl/requested-grants.ts";
import { ANONYMOUS_CANONICAL_ID, type Caller, isSigned } from "../protocol/caller.ts";
import type { Account } from "../protocol/owner.ts";
import type { Ports } from "./ports.ts";

const ANONYMOUS_ACCOUNT: Account = {
  id: "",
  canonicalId: ANONYMOUS_CANONICAL_ID,
  displayName: "",
};

/**
 * Whose what the caller makes will be.
 *
 * @param bucketOwner of what a service makes for a bucket
 */
export function makingAccount(caller: Caller, bucketOwner: Account): Account {
  if (isSigned(caller)) return caller.account;
  return caller.kind === "anonymous" ? ANONYMOUS_ACCOUNT : bucketOwner;
}

/** Looks up whom a grant names: the deployment's own account by its canonical id, without asking the Directory. */
export function accountFinder({
  settings,
  accounts,
}: Pick<Ports, "accounts" | "settings">): FindAccount {
  const { account } = settings;
  return async (name) =>
    "canonicalId" in name && name.canonicalId === account.canonicalId
      ? account
      : accounts.findAccount(name);
}
