import type { AccountBackupCalls } from "../../ports/account-backup.ts";
import { exportAccounts } from "./export-accounts.ts";
import { beginAccountRestore, finishAccountRestore, putAccountPage } from "./restore-accounts.ts";

const CALLS: {
  readonly [Name in keyof AccountBackupCalls]: (
    sql: SqlStorage,
    ...args: Parameters<AccountBackupCalls[Name]>
  ) => ReturnType<AccountBackupCalls[Name]>;
} = { exportAccounts, beginAccountRestore, putAccountPage, finishAccountRestore };

export function callAccountBackup<Name extends keyof AccountBackupCalls>(
  sql: SqlStorage,
  name: Name,
  args: Parameters<AccountBackupCalls[Name]>,
): ReturnType<AccountBackupCalls[Name]> {
  return CALLS[name](sql, ...args);
}
