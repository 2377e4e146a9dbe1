import { DurableObject } from "cloudflare:workers";
import type { AccountBackupCalls } from "../ports/account-backup.ts";
import type { AccountDirectory } from "../ports/account-directory.ts";
import type { AuditEntry, AuditLog } from "../ports/audit-log.ts";
import type { BackupDirectory } from "../ports/backup-directory.ts";
import type { BucketDirectory } from "../ports/bucket-directory.ts";
import type { DirectoryInspection } from "../ports/directory-inspection.ts";
import type {
  KeyCallName,
  KeyCalls,
  KeyDirectory,
  KeyRefusal,
  KeyScope,
} from "../ports/key-directory.ts";
import type {
  AccountScope,
  IdentityAnswer,
  IdentityCallName,
  IdentityCalls,
  IdentityRefusal,
} from "../ports/identity-directory.ts";
import type { InstallationRecord } from "../ports/installation.ts";
import type { FiguredBucket, FigureSource } from "../ports/shard-figures.ts";
import type { SealedDirectory } from "../ports/sealed-directory.ts";
import type { SessionDirectory } from "../ports/session-directory.ts";
import type { TargetDirectory } from "../ports/target-directory.ts";
import { findProvider, findRole, findSessionRecord } from "./identities/sessions.ts";
import { migrate } from "../sql-migrations.ts";
import { type PlainAnswer, unknownProtocol } from "../wire/protocol.ts";
import { findKey, noteKeyUse } from "./access-keys.ts";
import {
  deleteAccount,
  findAccount,
  listAccounts,
  putAccount,
  putBootstrapAccounts,
} from "./accounts.ts";
import { listEvents, recordChange, recordEvent } from "./audit.ts";
import { beginDelete, cancelDelete, finishDelete, settleDelete } from "./bucket-deletes.ts";
import { clashingKey, exportKeys, importKeys } from "./backup/account-keys.ts";
import { exportBucket, finishRestore } from "./backup/bucket-backup.ts";
import { callAccountBackup } from "./backup/account-backup-calls.ts";
import { beginGrowth, finishMove } from "./bucket-growths.ts";
import {
  configureBucket,
  countDocuments,
  createBucket,
  findBucket,
  listAllBuckets,
  listBuckets,
  listDocuments,
  listEveryBucket,
  readDocument,
  readShardPart,
} from "./buckets.ts";
import { findFaults, mendFaults } from "./checks/find-faults.ts";
import { callKeys, keyRefusalOf } from "./kms/key-calls.ts";
import { openKey, rotateKey } from "./kms/open-key.ts";
import { claimInstallation, confirmInstallation } from "./installation.ts";
import { callIdentities, refusalOf } from "./identities/calls.ts";
import { deleteTarget, findTarget, listTargets, putTarget } from "./replication-targets.ts";
import { MIGRATIONS } from "./schema.ts";
import { listSealed, replaceSealed } from "./sealed-rows.ts";

type Directory = AccountDirectory &
  AuditLog &
  BackupDirectory &
  BucketDirectory &
  DirectoryInspection &
  InstallationRecord &
  Pick<KeyDirectory, "openKey" | "rotateKey"> &
  SealedDirectory &
  SessionDirectory &
  TargetDirectory;
type Args<Method extends keyof Directory> = Parameters<Directory[Method]>;
type Answer<Method extends keyof Directory> = PlainAnswer<Awaited<ReturnType<Directory[Method]>>>;

/**
 * The one Directory of a deployment; `bucket-directory.ts`, `account-directory.ts`, and `key-directory.ts` say what its
 * methods mean. Every method is one transaction. The first argument is the call's stamp (`wire/protocol.ts`).
 */
export class DirectoryObject extends DurableObject {
  readonly #storage: DurableObjectStorage;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage, MIGRATIONS);
    this.#storage = ctx.storage;
  }

  create(stamp: number, ...args: Args<"create">): Answer<"create"> {
    return this.#answer(stamp, (sql) => createBucket(sql, ...args));
  }

  configure(stamp: number, ...args: Args<"configure">): Answer<"configure"> {
    return this.#answer(stamp, (sql) => configureBucket(sql, ...args));
  }

  readDocument(stamp: number, ...args: Args<"readDocument">): Answer<"readDocument"> {
    return this.#answer(stamp, (sql) => readDocument(sql, ...args));
  }

  listDocuments(stamp: number, ...args: Args<"listDocuments">): Answer<"listDocuments"> {
    return this.#answer(stamp, (sql) => listDocuments(sql, ...args));
  }

  countDocuments(stamp: number, ...args: Args<"countDocuments">): Answer<"countDocuments"> {
    return this.#answer(stamp, (sql) => countDocuments(sql, ...args));
  }

  readShardPart(stamp: number, ...args: Args<"readShardPart">): Answer<"readShardPart"> {
    return this.#answer(stamp, (sql) => readShardPart(sql, ...args));
  }

  find(stamp: number, ...args: Args<"find">): Answer<"find"> {
    return this.#answer(stamp, (sql) => findBucket(sql, ...args));
  }

  list(stamp: number, ...args: Args<"list">): Answer<"list"> {
    return this.#answer(stamp, (sql) => listBuckets(sql, ...args));
  }

  listEvery(
    stamp: number,
    ...args: Parameters<FigureSource["listBuckets"]>
  ): PlainAnswer<readonly FiguredBucket[]> {
    return this.#answer(stamp, (sql) => listEveryBucket(sql, ...args));
  }

  listAll(stamp: number, ...args: Args<"listAll">): Answer<"listAll"> {
    return this.#answer(stamp, (sql) => listAllBuckets(sql, ...args));
  }

  findFaults(stamp: number, ...args: Args<"findFaults">): Answer<"findFaults"> {
    return this.#answer(stamp, (sql) => findFaults(sql, ...args));
  }

  mendFaults(stamp: number, ...args: Args<"mendFaults">): Answer<"mendFaults"> {
    return this.#answer(stamp, (sql) => mendFaults(sql, ...args));
  }

  beginGrowth(stamp: number, ...args: Args<"beginGrowth">): Answer<"beginGrowth"> {
    return this.#answer(stamp, (sql) => beginGrowth(sql, ...args));
  }

  finishMove(stamp: number, ...args: Args<"finishMove">): Answer<"finishMove"> {
    return this.#answer(stamp, (sql) => finishMove(sql, ...args));
  }

  beginDelete(stamp: number, ...args: Args<"beginDelete">): Answer<"beginDelete"> {
    return this.#answer(stamp, (sql) => beginDelete(sql, ...args));
  }

  finishDelete(stamp: number, ...args: Args<"finishDelete">): Answer<"finishDelete"> {
    return this.#answer(stamp, (sql) => finishDelete(sql, ...args));
  }

  cancelDelete(stamp: number, ...args: Args<"cancelDelete">): Answer<"cancelDelete"> {
    return this.#answer(stamp, (sql) => cancelDelete(sql, ...args));
  }

  settleDelete(stamp: number, ...args: Args<"settleDelete">): Answer<"settleDelete"> {
    return this.#answer(stamp, (sql) => settleDelete(sql, ...args));
  }

  findKey(stamp: number, ...args: Args<"findKey">): Answer<"findKey"> {
    return this.#answer(stamp, (sql) => findKey(sql, ...args));
  }

  findSessionRecord(
    stamp: number,
    ...args: Args<"findSessionRecord">
  ): Answer<"findSessionRecord"> {
    return this.#answer(stamp, (sql) => findSessionRecord(sql, ...args));
  }

  findRole(stamp: number, ...args: Args<"findRole">): Answer<"findRole"> {
    return this.#answer(stamp, (sql) => findRole(sql, ...args));
  }

  findProvider(stamp: number, ...args: Args<"findProvider">): Answer<"findProvider"> {
    return this.#answer(stamp, (sql) => findProvider(sql, ...args));
  }

  noteKeyUse(stamp: number, ...args: Args<"noteKeyUse">): Answer<"noteKeyUse"> {
    return this.#answer(stamp, (sql) => noteKeyUse(sql, ...args));
  }

  findAccount(stamp: number, ...args: Args<"findAccount">): Answer<"findAccount"> {
    return this.#answer(stamp, (sql) => findAccount(sql, ...args));
  }

  listAccounts(stamp: number): Answer<"listAccounts"> {
    return this.#answer(stamp, listAccounts);
  }

  putAccount(stamp: number, ...[draft, audit]: Args<"putAccount">): Answer<"putAccount"> {
    return this.#answer(stamp, (sql) => recordChange(sql, putAccount(sql, draft), audit));
  }

  putBootstrapAccounts(
    stamp: number,
    ...[drafts, audit]: Args<"putBootstrapAccounts">
  ): Answer<"putBootstrapAccounts"> {
    return this.#answer(stamp, (sql) =>
      recordChange(sql, putBootstrapAccounts(sql, drafts), audit),
    );
  }

  deleteAccount(stamp: number, ...[id, audit]: Args<"deleteAccount">): Answer<"deleteAccount"> {
    return this.#answer(stamp, (sql) => recordChange(sql, deleteAccount(sql, id), audit));
  }

  /** @param code undefined: what is about to be done */
  recordRefusal(stamp: number, entry: AuditEntry, code?: string): Answer<"recordRefusal"> {
    return this.#answer(stamp, (sql) => recordEvent(sql, entry, code));
  }

  listEvents(stamp: number, ...args: Args<"listEvents">): Answer<"listEvents"> {
    return this.#answer(stamp, (sql) => listEvents(sql, ...args));
  }

  openKey(stamp: number, ...args: Args<"openKey">): Answer<"openKey"> {
    return this.#answer(stamp, (sql) => openKey(sql, ...args));
  }

  rotateKey(stamp: number, ...args: Args<"rotateKey">): Answer<"rotateKey"> {
    return this.#answer(stamp, (sql) => rotateKey(sql, ...args));
  }

  /** One of {@link IdentityCalls}, by its name. */
  identities<Name extends IdentityCallName>(
    stamp: number,
    scope: AccountScope,
    name: Name,
    args: Parameters<IdentityCalls[Name]>,
  ): PlainAnswer<IdentityAnswer<ReturnType<IdentityCalls[Name]>> | IdentityRefusal> {
    try {
      return this.#answer(stamp, (sql) => callIdentities(sql, scope, name, args));
    } catch (error) {
      return { value: refusalOf(error) };
    }
  }

  claimInstallation(
    stamp: number,
    ...args: Args<"claimInstallation">
  ): Answer<"claimInstallation"> {
    return this.#answer(stamp, (sql) => claimInstallation(sql, ...args));
  }

  confirmInstallation(
    stamp: number,
    ...args: Args<"confirmInstallation">
  ): Answer<"confirmInstallation"> {
    return this.#answer(stamp, (sql) => confirmInstallation(sql, ...args));
  }

  exportBucket(stamp: number, ...args: Args<"exportBucket">): Answer<"exportBucket"> {
    return this.#answer(stamp, (sql) => exportBucket(sql, ...args));
  }

  exportKeys(stamp: number, ...args: Args<"exportKeys">): Answer<"exportKeys"> {
    return this.#answer(stamp, (sql) => exportKeys(sql, ...args));
  }

  clashingKey(stamp: number, ...args: Args<"clashingKey">): Answer<"clashingKey"> {
    return this.#answer(stamp, (sql) => clashingKey(sql, ...args));
  }

  importKeys(stamp: number, ...args: Args<"importKeys">): Answer<"importKeys"> {
    return this.#answer(stamp, (sql) => importKeys(sql, ...args));
  }

  finishRestore(stamp: number, ...args: Args<"finishRestore">): Answer<"finishRestore"> {
    return this.#answer(stamp, (sql) => finishRestore(sql, ...args));
  }

  /** One of {@link AccountBackupCalls}, by its name. */
  accountBackup<Name extends keyof AccountBackupCalls>(
    stamp: number,
    name: Name,
    args: Parameters<AccountBackupCalls[Name]>,
  ): PlainAnswer<ReturnType<AccountBackupCalls[Name]>> {
    return this.#answer(stamp, (sql) => callAccountBackup(sql, name, args));
  }

  listSealed(stamp: number, ...args: Args<"listSealed">): Answer<"listSealed"> {
    return this.#answer(stamp, (sql) => listSealed(sql, ...args));
  }

  replaceSealed(stamp: number, ...args: Args<"replaceSealed">): Answer<"replaceSealed"> {
    return this.#answer(stamp, (sql) => replaceSealed(sql, ...args));
  }

  findTarget(stamp: number, ...args: Args<"findTarget">): Answer<"findTarget"> {
    return this.#answer(stamp, (sql) => findTarget(sql, ...args));
  }

  listTargets(stamp: number): Answer<"listTargets"> {
    return this.#answer(stamp, listTargets);
  }

  putTarget(stamp: number, ...args: Args<"putTarget">): Answer<"putTarget"> {
    return this.#answer(stamp, (sql) => putTarget(sql, ...args));
  }

  deleteTarget(stamp: number, ...args: Args<"deleteTarget">): Answer<"deleteTarget"> {
    return this.#answer(stamp, (sql) => deleteTarget(sql, ...args));
  }

  /** One of {@link KeyCalls}, by its name. */
  keys<Name extends KeyCallName>(
    stamp: number,
    scope: KeyScope,
    name: Name,
    args: Parameters<KeyCalls[Name]>,
  ): PlainAnswer<{ readonly answer: ReturnType<KeyCalls[Name]> } | KeyRefusal> {
    try {
      return this.#answer(stamp, (sql) => callKeys(sql, scope, name, args));
    } catch (error) {
      return { value: keyRefusalOf(error) };
    }
  }

  #answer<T>(stamp: number, effect: (sql: SqlStorage) => T): PlainAnswer<T> {
    const storage = this.#storage;
    return unknownProtocol(stamp) ?? { value: storage.transactionSync(() => effect(storage.sql)) };
  }
}
