import type { AccountName } from "../../protocol/acl/requested-grants.ts";
import { keysOfAll } from "../../protocol/accounts-document.ts";
import type { Account } from "../../protocol/owner.ts";
import type {
  AccountDraft,
  AccountOrigin,
  AccountRecord,
  Clash,
  DeleteAccountOutcome,
  PutAccountsOutcome,
} from "../ports/account-directory.ts";
import { accountOf, type AccountRow } from "./account-rows.ts";
import {
  deleteKeys,
  deletePutKeys,
  insertKey,
  keyIdsOf,
  keyOwner,
  rootKeyIds,
} from "./access-keys.ts";
import { deleteIdentities, putUsers, userIdsOf } from "./identities/account-users.ts";

export function findAccount(sql: SqlStorage, name: AccountName): Account | undefined {
  const [column, value] =
    "email" in name ? ["email", name.email] : ["canonical_id", name.canonicalId];
  const query = `SELECT * FROM account WHERE ${column} = ?`;
  const row = sql.exec<AccountRow>(query, value).toArray()[0];
  return row && accountOf(row);
}

export function listAccounts(sql: SqlStorage): readonly AccountRecord[] {
  const rows = sql
    .exec<AccountRow>("SELECT * FROM account WHERE origin <> 'settings' ORDER BY id")
    .toArray();
  return rows.map((row) => ({
    ...accountOf(row),
    email: row.email ?? undefined,
    createdMs: row.created_ms,
    origin: row.origin as AccountOrigin,
    accessKeyIds: rootKeyIds(sql, row.id),
  }));
}

export function putAccount(sql: SqlStorage, draft: AccountDraft): PutAccountsOutcome {
  return replaceAccounts(sql, [draft], "api", (row) => row.id === draft.id);
}

export function putBootstrapAccounts(
  sql: SqlStorage,
  drafts: readonly AccountDraft[],
): PutAccountsOutcome {
  return replaceAccounts(sql, drafts, "bootstrap", () => true);
}

/** @param isReplaced which of those of this origin the drafts replace */
function replaceAccounts(
  sql: SqlStorage,
  drafts: readonly AccountDraft[],
  origin: AccountOrigin,
  isReplaced: (row: AccountRow) => boolean,
): PutAccountsOutcome {
  const replaced = new Map(
    sql
      .exec<AccountRow>("SELECT * FROM account WHERE origin = ?", origin)
      .toArray()
      .filter(isReplaced)
      .map((row) => [row.id, row]),
  );
  const clash = clashOf(sql, drafts, replaced);
  if (clash !== undefined) return { clash };

  const changed = new Set([...replaced.keys()].flatMap((id) => recordsOf(sql, id)));
  const staying = new Set(drafts.map(({ id }) => id));
  for (const id of replaced.keys()) {
    deletePutKeys(sql, id);
    if (!staying.has(id)) deleteAll(sql, id);
    // Two accounts may have exchanged theirs.
    else sql.exec("UPDATE account SET canonical_id = 'of ' || id, email = NULL WHERE id = ?", id);
  }
  for (const draft of drafts) {
    upsertAccount(sql, draft, origin);
    for (const key of draft.keys)
      insertKey(sql, { accountId: draft.id, userId: undefined, origin: "account" }, key);
    putUsers({ sql, account: draft }, draft.users ?? []);
    for (const { accessKeyId } of keysOfAll(draft)) changed.add(accessKeyId);
  }
  return { changedKeyIds: [...changed] };
}

/** The access keys and the unique ids of an account. */
function recordsOf(sql: SqlStorage, accountId: string): string[] {
  return [...keyIdsOf(sql, accountId), ...userIdsOf(sql, accountId)];
}

function deleteAll(sql: SqlStorage, accountId: string): void {
  deleteKeys(sql, accountId);
  deleteIdentities(sql, accountId);
  sql.exec("DELETE FROM account WHERE id = ?", accountId);
}

/** The first thing that a draft has, and that is another's: of accounts that stay, or of buckets under the old name. */
function clashOf(
  sql: SqlStorage,
  drafts: readonly AccountDraft[],
  replaced: ReadonlyMap<string, AccountRow>,
): Clash | undefined {
  const isAnothers = (column: "canonical_id" | "email" | "id", value: string): boolean => {
    const query = `SELECT id FROM account WHERE ${column} = ?`;
    return sql
      .exec<{ id: string }>(query, value)
      .toArray()
      .some(({ id }) => !replaced.has(id));
  };
  for (const draft of drafts) {
    const { id, canonicalId, email } = draft;
    if (isAnothers("id", id)) return { member: "id", value: id };
    const before = replaced.get(id)?.canonical_id;
    const isRenamed = before !== undefined && before !== canonicalId && ownsBuckets(sql, before);
    if (isRenamed || isAnothers("canonical_id", canonicalId))
      return { member: "canonicalId", value: canonicalId };
    if (email !== undefined && isAnothers("email", email)) return { member: "email", value: email };
    const taken = keysOfAll(draft).find(({ accessKeyId }) => isTaken(sql, accessKeyId, replaced));
    if (taken !== undefined) return { member: "accessKeyId", value: taken.accessKeyId };
  }
  return undefined;
}

/** Also by a key that its account made itself. */
function isTaken(
  sql: SqlStorage,
  accessKeyId: string,
  replaced: ReadonlyMap<string, AccountRow>,
): boolean {
  const owner = keyOwner(sql, accessKeyId);
  return owner !== undefined && (owner.origin === "api" || !replaced.has(owner.accountId));
}

function upsertAccount(
  sql: SqlStorage,
  { id, canonicalId, displayName, email }: AccountDraft,
  origin: AccountOrigin,
): void {
  sql.exec(
    `INSERT INTO account (id, canonical_id, display_name, email, created_ms, origin)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       canonical_id = excluded.canonical_id, display_name = excluded.display_name, email = excluded.email`,
    id,
    canonicalId,
    displayName,
    email ?? null,
    Date.now(),
    origin,
  );
}

/**
 * That of the settings, which is here for its identities, is none that was put. Keys of KMS stay: gateways remember them for some
 * minutes, and what one of the same id would encrypt with them meanwhile could never be read.
 */
export function deleteAccount(sql: SqlStorage, id: string): DeleteAccountOutcome {
  const query = "SELECT * FROM account WHERE id = ? AND origin <> 'settings'";
  const row = sql.exec<AccountRow>(query, id).toArray()[0];
  if (row === undefined) return "missing";
  if (ownsBuckets(sql, row.canonical_id)) return "owns buckets";
  const changedKeyIds = recordsOf(sql, id);
  deleteAll(sql, id);
  return { changedKeyIds };
}

function ownsBuckets(sql: SqlStorage, canonicalId: string): boolean {
  const query = "SELECT 1 FROM bucket WHERE owner_id = ? LIMIT 1";
  return sql.exec(query, canonicalId).toArray().length > 0;
}
