import type { AccountName } from "../../protocol/acl/requested-grants.ts";
import type { Account } from "../../protocol/owner.ts";
import type { InlinePolicy } from "./identity-records.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import type { AuditEntry } from "./audit-log.ts";

/** Where an account comes from: a file that the local server reads at each start, or `/_ledge/accounts`. */
export type AccountOrigin = "api" | "bootstrap";

/** An account as it is to be. */
export interface AccountDraft extends Account {
  readonly email: string | undefined;
  /** Its root's; those that it was put with before, and that are not among them, go. */
  readonly keys: readonly KeyDraft[];
  /** The same of users; those that the account made itself stay. Undefined of a gateway from before there were any. */
  readonly users?: readonly AccountUserDraft[];
}

/** A user that an account is put with. It has these policies, and no others, and is in no group. */
export interface AccountUserDraft {
  readonly name: string;
  readonly path: string;
  readonly keys: readonly KeyDraft[];
  readonly managedPolicies: readonly string[];
  readonly inlinePolicies: readonly InlinePolicy[];
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
  /** Its root's. */
  readonly accessKeyIds: readonly string[];
}

/** A user or a role, as requests of it or its sessions are decided by. */
export interface PrincipalRecord {
  readonly kind: "role" | "user";
  /** `AIDA…`, `AROA…` */
  readonly uniqueId: string;
  readonly name: string;
  readonly path: string;
  readonly tags: TagSet;
  /** Its own and its groups'. */
  readonly policies: readonly PolicyRecord[];
  /** Undefined: it has no permissions boundary. */
  readonly boundary?: PolicyRecord;
}

/** What sessions are decided by. */
export interface FoundPrincipal extends PrincipalRecord {
  readonly account: Account;
}

/** A policy as it is now. */
export interface PolicyRecord {
  /** Of an inline one its name, else its ARN. */
  readonly id: string;
  /** Undefined of one of AWS's own, which the Directory does not keep. */
  readonly document?: string;
}

/** Whom an access key stands for. It may be used; of one that may not, there is no record. */
export interface KeyRecord {
  readonly accessKeyId: string;
  /** In base64. */
  readonly sealedSecret: string;
  readonly account: Account;
  /** Undefined: it is the root's. */
  readonly user?: PrincipalRecord;
  /** To the hour; undefined: never. */
  readonly lastUsedMs?: number;
}

/** Where a key was used. */
export interface KeyPlace {
  readonly service: string;
  readonly region: string;
}

/** What a gateway knows that asks for a key. */
export interface KeyReader {
  /** There are users: to one that does not, a user's key would be its account's root's, so that there is none for it. */
  readonly knowsUsers?: true;
}

/** What an account has that another one has already. */
export interface Clash {
  readonly member: "accessKeyId" | "canonicalId" | "email" | "id";
  readonly value: string;
}

/**
 * Every access key whose record is another from now on, so that nobody goes on with what is remembered of it, and, by its
 * unique id, every user.
 */
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
  findKey(accessKeyId: string, reader: KeyReader): Promise<KeyRecord | undefined>;
  /** Nothing is done if it was used within the hour. */
  noteKeyUse(accessKeyId: string, place: KeyPlace): Promise<void>;
  findAccount(name: AccountName): Promise<Account | undefined>;
  /** In the order of their ids. */
  listAccounts(): Promise<readonly AccountRecord[]>;
  /** Makes the account, or makes it as it is to be; nothing is done if it clashes with others. */
  putAccount(draft: AccountDraft, audit?: AuditEntry): Promise<PutAccountsOutcome>;
  /** Makes these all that there are of origin `bootstrap`; nothing is done if one clashes with others. */
  putBootstrapAccounts(
    drafts: readonly AccountDraft[],
    audit?: AuditEntry,
  ): Promise<PutAccountsOutcome>;
  deleteAccount(id: string, audit?: AuditEntry): Promise<DeleteAccountOutcome>;
}
