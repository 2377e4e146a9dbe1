import type { AccountManifest } from "../../../src/domain/backup/account-backup.ts";
import type { AccountPage } from "../../../src/storage/ports/account-backup.ts";
import { UserError } from "../../user-error.ts";
import { RefusedError, type SignedRequests } from "../signed-requests.ts";
import { type BackupStore, bytesToSend } from "./backup-store.ts";
import { readFileOfRows, type RowsFile, sha256Of } from "./manifest.ts";

/** Of all accounts, and what they have: in pages, each of which is a file. */
export interface AccountsBackup extends AccountManifest {
  readonly files: readonly RowsFile[];
}

/** How often who may do what may change while it is read. */
const MAX_ATTEMPTS = 10;

/**
 * Copies all accounts, as they are at one moment.
 *
 * @param prefix of the names of its files
 * @returns undefined: there can be none, since there is no MASTER_KEY
 * @throws UserError when they change all the time
 */
export async function backUpAccounts(
  requests: SignedRequests,
  store: BackupStore,
  prefix: string,
): Promise<AccountsBackup | undefined> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const pages = await pagesOfOneMoment(requests);
    if (pages === "none") return undefined;
    if (pages === "changed") continue;
    const files: RowsFile[] = [];
    for (const page of pages) files.push(await writeRows(store, prefix, files.length + 1, page));
    const body = Buffer.from(JSON.stringify({ sha256s: files.map(({ sha256 }) => sha256) }));
    const sealed = await requests.json<AccountManifest>("POST", "/_ledge/accounts/backup/seal", {
      body,
    });
    return { ...sealed, files };
  }
  throw new UserError("the accounts change all the time: no two pages of them are of one moment");
}

async function pagesOfOneMoment(
  requests: SignedRequests,
): Promise<readonly (readonly object[])[] | "changed" | "none"> {
  const pages: (readonly object[])[] = [];
  let lastChange: number | undefined;
  let after: string | undefined = "";
  while (after !== undefined) {
    const page: AccountPage | undefined = await readPage(requests, after);
    if (page === undefined) return "none";
    lastChange ??= page.lastChange;
    if (page.lastChange !== lastChange) return "changed";
    pages.push(page.rows);
    after = page.next;
  }
  return pages;
}

async function readPage(requests: SignedRequests, after: string): Promise<AccountPage | undefined> {
  try {
    return await requests.json<AccountPage>("GET", "/_ledge/accounts/backup", { query: { after } });
  } catch (error) {
    if (error instanceof RefusedError && error.code === "NotImplemented") return undefined;
    throw error;
  }
}

/** A file of JSON lines. @param number counted from 1 */
export async function writeRows(
  store: BackupStore,
  prefix: string,
  number: number,
  rows: readonly object[],
): Promise<RowsFile> {
  const content = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const name = `${prefix}-${String(number).padStart(6, "0")}.jsonl`;
  await store.write(name, bytesToSend(content));
  return { name, sizeBytes: content.byteLength, sha256: sha256Of(content) };
}

/**
 * Puts all accounts back, at once and at the end; what was interrupted goes on.
 *
 * @returns how many rows; 0: they were restored before
 * @throws RefusedError when there are accounts already, or MASTER_KEY is another one, before anything is written
 */
export async function restoreAccounts(
  requests: SignedRequests,
  store: BackupStore,
  backup: AccountsBackup,
): Promise<number> {
  const { accountId, sha256s, seal, files } = backup;
  const begun = await requests.json<{ token: string; state: string }>(
    "POST",
    "/_ledge/accounts/restore",
    { body: Buffer.from(JSON.stringify({ accountId, sha256s, seal })) },
  );
  if (begun.state === "finished") return 0;
  const headers = { "x-ledge-restore": begun.token };
  for (const [page, file] of files.entries()) {
    const body = await readFileOfRows(store, file);
    const query = { page: String(page) };
    await requests.done("PUT", "/_ledge/accounts/restore/rows", { query, headers, body });
  }
  const { rows } = await requests.json<{ rows: number }>(
    "POST",
    "/_ledge/accounts/restore/finish",
    { headers },
  );
  return rows;
}
