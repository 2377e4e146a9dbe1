import type { AccountName } from "../../protocol/acl/requested-grants.ts";
import type { Account } from "../../protocol/owner.ts";

/** Where an account comes from: a file that the local server reads at each start, or `/_ledge/accounts`. */
export type AccountOrigin = "api" | "bootstrap";

/** An account as it is to be. */
export interface AccountDraft extends Account {
  readonly email: string | undefined;
  /** All that its root has: others go. */
  readonly keys: readonly KeyDraft[];
}

interface KeyDraft {
  readonly accessKeyId: string;
  /** Sealed by the gateway: the Directory cannot read it. */
  readonly sealedSecret: Uint8Array;
}

/** An account as it is, without secrets. */
export interface AccountRecord extends Account {
  readonly email: string | undefined;
  readonly createdMs: number;
  readonly origin: AccountOrigin;
  readonly accessKeyIds: readonly string[];
}

/** Whom an access key stands for. It may be used; of one that may not, there is no record. */
export interface KeyRecord {
  readonly accessKeyId: string;
  /** In base64. */
  readonly sealedSecret: string;
  readonly account: Account;
}

/** What an account has that another one has already. */
export interface Clash {
  readonly member: "accessKeyId" | "canonicalId" | "email" | "id";
  readonly value: string;
}

/** Every access key whose record is another from now on, so that nobody goes on with what is remembered of it. */
interface ChangedKeys {
  readonly changedKeyIds: readonly string[];
}

export type PutAccountsOutcome = { readonly clash: Clash } | ChangedKeys;

export type DeleteAccountOutcome = "missing" | "owns buckets" | ChangedKeys;

/**
 * Port: which accounts there are beside the deployment's own, and their access keys. Authoritative, strongly consistent,
 * rarely written.
 */
export interface AccountDirectory {
  findKey(accessKeyId: string): Promise<KeyRecord | undefined>;
  findAccount(name: AccountName): Promise<Account | undefined>;
  /** In the order of their ids. */
  listAccounts(): Promise<readonly AccountRecord[]>;
  /** Makes the account, or makes it as it is to be; nothing is done if it clashes with others. */
  putAccount(draft: AccountDraft): Promise<PutAccountsOutcome>;
  /** Makes these all that there are of origin `bootstrap`; nothing is done if one clashes with others. */
  putBootstrapAccounts(drafts: readonly AccountDraft[]): Promise<PutAccountsOutcome>;
  deleteAccount(id: string): Promise<DeleteAccountOutcome>;
}
