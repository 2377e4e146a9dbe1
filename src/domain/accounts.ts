import type { MasterKey } from "../lib/master-key.ts";
import { seal } from "../lib/sealed-text.ts";
import {
  type DescribedAccount,
  type DescribedKey,
  keysOfAll,
} from "../protocol/accounts-document.ts";
import { S3Error } from "../protocol/errors.ts";
import type {
  AccountDraft,
  Clash,
  PutAccountsOutcome,
} from "../storage/ports/account-directory.ts";
import type { Ports } from "./ports.ts";

type AccountPorts = Pick<Ports, "accounts" | "audit" | "identityLookup" | "settings">;

/**
 * Makes an account, or makes it as it is described. From then on, this isolate takes no key that it has not any more; others
 * do for a bounded time.
 *
 * @throws S3Error NotImplemented (no MASTER_KEY), EntityAlreadyExists
 */
export async function putAccount(ports: AccountPorts, described: DescribedAccount): Promise<void> {
  await settle(ports, await ports.accounts.putAccount(draftOf(ports, described), ports.audit));
}

/**
 * The same of all accounts that the local server was started with: those of an earlier start that are not among them go.
 *
 * @throws S3Error NotImplemented (no MASTER_KEY), EntityAlreadyExists
 */
export async function putBootstrapAccounts(
  ports: AccountPorts,
  described: readonly DescribedAccount[],
): Promise<void> {
  const drafts = described.map((each) => draftOf(ports, each));
  await settle(ports, await ports.accounts.putBootstrapAccounts(drafts, ports.audit));
}

/** @throws S3Error NotImplemented (no MASTER_KEY), NoSuchEntity, DeleteConflict (it owns buckets) */
export async function deleteAccount(ports: AccountPorts, id: string): Promise<void> {
  requireMasterKey(ports);
  const outcome = await ports.accounts.deleteAccount(id, ports.audit);
  if (outcome === "missing") throw new S3Error("NoSuchEntity", { message: `No account ${id}.` });
  if (outcome === "owns buckets")
    throw new S3Error("DeleteConflict", {
      message: `The account ${id} owns buckets: delete them first.`,
    });
  await ports.identityLookup.forget(outcome.changedKeyIds);
  // Sessions of its root, its users, and its roles.
  ports.identityLookup.forgetAll();
}

/**
 * Accounts, and targets of replication, exist where their secrets can be kept.
 *
 * @throws S3Error NotImplemented
 */
export function requireMasterKey({ settings }: Pick<Ports, "settings">): MasterKey {
  if (settings.masterKey !== undefined) return settings.masterKey;
  const message =
    "This deployment keeps no secrets, of other accounts or of targets: set the secret MASTER_KEY, 32 random bytes in base64.";
  throw new S3Error("NotImplemented", { message });
}

function draftOf(ports: AccountPorts, described: DescribedAccount): AccountDraft {
  const secretKeys = requireMasterKey(ports).subKeys("secrets");
  const clash = clashWithSettings(ports.settings, described);
  if (clash !== undefined) throw alreadyExists(clash);
  const sealed = (keys: readonly DescribedKey[]): AccountDraft["keys"] =>
    keys.map(({ accessKeyId, secretAccessKey }) => ({
      accessKeyId,
      sealedSecret: seal(secretKeys, accessKeyId, secretAccessKey),
    }));
  return {
    ...described,
    keys: sealed(described.keys),
    users: described.users.map((user) => ({ ...user, keys: sealed(user.keys) })),
  };
}

/** The deployment's own account is in no Directory. */
function clashWithSettings(
  { account, rootCredentials, previousRootCredentials }: Ports["settings"],
  described: DescribedAccount,
): Clash | undefined {
  const { id, canonicalId } = described;
  if (id === account.id) return { member: "id", value: id };
  if (canonicalId === account.canonicalId) return { member: "canonicalId", value: canonicalId };
  const own = new Set([rootCredentials?.accessKeyId, previousRootCredentials?.accessKeyId]);
  const taken = keysOfAll(described).find(({ accessKeyId }) => own.has(accessKeyId));
  return taken && { member: "accessKeyId", value: taken.accessKeyId };
}

async function settle(
  { identityLookup }: AccountPorts,
  outcome: PutAccountsOutcome,
): Promise<void> {
  if ("clash" in outcome) throw alreadyExists(outcome.clash);
  await identityLookup.forget(outcome.changedKeyIds);
}

function alreadyExists({ member, value }: Clash): S3Error {
  return new S3Error("EntityAlreadyExists", {
    message: `The ${member} ${value} is another account's, or of one that owns buckets.`,
  });
}
