import { hash } from "node:crypto";
import { seal, unseal } from "../../lib/sealed-text.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { AccountRestoreState } from "../../storage/ports/account-backup.ts";
import { requireMasterKey } from "../accounts.ts";
import type { Ports } from "../ports.ts";

/** What a backup of all accounts says of itself. */
export interface AccountManifest {
  /** The deployment's own, which its users and keys name. */
  readonly accountId: string;
  /** Of its pages, in order. */
  readonly sha256s: readonly string[];
  /** All that, sealed under MASTER_KEY, in base64. */
  readonly seal: string;
}

type SealPorts = Pick<Ports, "settings">;
type RestorePorts = Pick<
  Ports,
  "audit" | "backups" | "identityLookup" | "settings" | "targetLookup"
>;

/**
 * Vouches for the pages of a backup: nobody without MASTER_KEY can put another one in its place, and nobody with another MASTER_KEY
 * begins to restore it, since nothing in it could be used.
 *
 * @throws S3Error NotImplemented (no MASTER_KEY, and so no accounts)
 */
export function sealAccountBackup(ports: SealPorts, sha256s: readonly string[]): AccountManifest {
  const keys = requireMasterKey(ports).subKeys("backups");
  const { id: accountId } = ports.settings.account;
  const sealed = seal(keys, nameOf(accountId), digestOf(sha256s));
  return { accountId, sha256s, seal: sealed.toString("base64") };
}

/**
 * Begins to restore all accounts, or goes on with it.
 *
 * @returns which restore it is, and whether it is done already
 * @throws S3Error NotImplemented (no MASTER_KEY), InvalidRequest (of another ACCOUNT_ID, or MASTER_KEY, or changed),
 *   EntityAlreadyExists (there are accounts)
 */
export async function beginAccountRestore(
  ports: RestorePorts,
  manifest: AccountManifest,
): Promise<{ readonly token: string; readonly state: AccountRestoreState }> {
  const keys = requireMasterKey(ports).subKeys("backups");
  const { accountId, sha256s } = manifest;
  const { id: ownId } = ports.settings.account;
  if (accountId !== ownId)
    throw invalid(`The backup is of accounts beside ${accountId}, and ACCOUNT_ID is ${ownId}`);
  if (!isSealed(() => unseal(keys, nameOf(ownId), Buffer.from(manifest.seal, "base64")), sha256s))
    throw invalid(
      "The backup of the accounts was made with another MASTER_KEY, which is needed here, or was changed",
    );
  const token = digestOf(sha256s);
  const state = await ports.backups.ofAccounts("beginAccountRestore", token, sha256s, ports.audit);
  if (state === "not empty") throw notEmpty();
  return { token, state };
}

/** @throws S3Error InvalidRequest (no page of a restore that was begun) */
export async function putAccountPage(
  { backups }: RestorePorts,
  token: string,
  page: number,
  rows: Uint8Array,
): Promise<void> {
  const sha256 = hash("sha256", rows, "hex");
  const text = Buffer.from(rows).toString();
  if (!(await backups.ofAccounts("putAccountPage", token, page, sha256, text)))
    throw invalid(`Page ${page} is not one of the backup that is being restored`);
}

/**
 * All accounts are there from now on, at once.
 *
 * @throws S3Error OperationAborted (another restore was begun), EntityAlreadyExists, InvalidRequest (pages are missing)
 */
export async function finishAccountRestore(ports: RestorePorts, token: string): Promise<number> {
  const { backups, audit, identityLookup, targetLookup } = ports;
  const end = await backups.ofAccounts("finishAccountRestore", token, audit);
  if (end.state === "not begun") throw new S3Error("OperationAborted");
  if (end.state === "not empty") throw notEmpty();
  if (end.state === "incomplete")
    throw invalid(`The accounts cannot be restored for want of ${end.what}`);
  identityLookup.forgetAll();
  targetLookup.forgetAll();
  return end.rows;
}

function nameOf(accountId: string): string {
  return `accounts of ${accountId}`;
}

function digestOf(sha256s: readonly string[]): string {
  return hash("sha256", sha256s.join("\n"), "hex");
}

function isSealed(open: () => string, sha256s: readonly string[]): boolean {
  try {
    return open() === digestOf(sha256s);
  } catch {
    return false;
  }
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}

function notEmpty(): S3Error {
  const message =
    "There are accounts, users, groups, roles, policies, providers, or replication targets already: all accounts are restored into an installation that has none";
  return new S3Error("EntityAlreadyExists", { message });
}
