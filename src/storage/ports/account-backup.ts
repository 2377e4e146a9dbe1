import type { AuditEntry } from "./audit-log.ts";
import type { BackupColumns } from "./backup-rows.ts";

/** A row of the Directory: of which table, and its columns by their names, bytes in base64. */
export interface AccountRow {
  readonly table: string;
  readonly columns: BackupColumns;
}

export interface AccountPage {
  readonly rows: readonly AccountRow[];
  /** What to go on after; absent on the last page. */
  readonly next?: string | undefined;
  /** The last change of who may do what: pages that tell the same are of one moment. */
  readonly lastChange: number;
}

/** How a restore of accounts stands. */
export type AccountRestoreState =
  /** It goes on. */
  | "begun"
  /** The same has been finished before. */
  | "finished"
  /** There are accounts, users, groups, roles, policies, or providers already. */
  | "not empty";

/** What became of the end of one. */
export type AccountRestoreEnd =
  | { readonly state: "finished"; readonly rows: number }
  /** It was not begun, or another one was since; or there is something by now. */
  | { readonly state: "not begun" }
  | { readonly state: "not empty" }
  /** Pages that have not come, or a column that a later version has. */
  | { readonly state: "incomplete"; readonly what: string };

/**
 * What may be asked of the Directory for a backup of all accounts, by the name of the call; each is one transaction. A restore is
 * prepared page by page, beside the tables, and then done at once: nobody is let in by half of what the backup says.
 */
export interface AccountBackupCalls {
  /** All that the accounts have, in an order of its own. @param after empty, or what the page before says */
  exportAccounts(after: string): AccountPage;
  /**
   * Begins a restore in an installation that has no accounts, or goes on with it; one that was begun otherwise ends.
   *
   * @param token names what is restored
   * @param sha256s of its pages
   */
  beginAccountRestore(
    token: string,
    sha256s: readonly string[],
    audit: AuditEntry | undefined,
  ): AccountRestoreState;
  /** @param rows lines of JSON, of this SHA-256 @returns false: no such page is awaited */
  putAccountPage(token: string, page: number, sha256: string, rows: string): boolean;
  finishAccountRestore(token: string, audit: AuditEntry | undefined): AccountRestoreEnd;
}
