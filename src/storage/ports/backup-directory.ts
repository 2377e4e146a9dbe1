import type { ShardFlags } from "../../protocol/bucket-configuration.ts";
import type { AccountBackupCalls } from "./account-backup.ts";
import type { AuditEntry } from "./audit-log.ts";
import type { BackupColumns } from "./backup-rows.ts";
import type { BucketRecord, ShardPart, StoredDocument } from "./bucket-directory.ts";

/** The keys of an account that objects may be encrypted under: rows of the tables, whose materials only MASTER_KEY opens. */
export interface BackupKeys {
  readonly keys: readonly BackupColumns[];
  readonly materials: readonly BackupColumns[];
  readonly aliases: readonly BackupColumns[];
}

export interface ExportedBucket {
  readonly bucket: BucketRecord;
  readonly documents: readonly StoredDocument[];
}

export interface RestoredBucket {
  readonly bucket: BucketRecord;
  readonly shardPart: ShardPart;
}

/** Port: what the Directory has of a bucket, and of all accounts, on its way to a backup and back. */
export interface BackupDirectory {
  /** One of {@link AccountBackupCalls}, by its name. */
  ofAccounts<Name extends keyof AccountBackupCalls>(
    name: Name,
    ...args: Parameters<AccountBackupCalls[Name]>
  ): Promise<ReturnType<AccountBackupCalls[Name]>>;
  /** @returns undefined: there is no such bucket; `restoring`: not all of it is there yet */
  exportBucket(name: string): Promise<ExportedBucket | "restoring" | undefined>;
  exportKeys(accountId: string): Promise<BackupKeys>;
  /** @returns the id of one that has another material here, so that what is encrypted under the backup's could not be opened */
  clashingKey(accountId: string, keys: BackupKeys): Promise<string | undefined>;
  /** Keys that are there already stay as they are, but get the materials that they lack. One whose name another key has gets another name. */
  importKeys(accountId: string, keys: BackupKeys): Promise<void>;
  /**
   * Gives a bucket that is being restored its configuration, all of it at once and no other, and ends that.
   *
   * @returns undefined: it is not being restored, from this backup
   */
  finishRestore(
    name: string,
    token: string,
    documents: readonly StoredDocument[],
    flags: ShardFlags,
    audit?: AuditEntry,
  ): Promise<RestoredBucket | undefined>;
}

/** The document that a bucket has while it is being restored; its body says from what. */
export const RESTORE_KIND = "restore";
/** And the one that it has afterwards. */
export const RESTORED_KIND = "restored";
