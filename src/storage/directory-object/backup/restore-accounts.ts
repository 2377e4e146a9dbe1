import type {
  AccountRestoreEnd,
  AccountRestoreState,
  AccountRow,
} from "../../ports/account-backup.ts";
import type { AuditEntry } from "../../ports/audit-log.ts";
import type { BackupKeys } from "../../ports/backup-directory.ts";
import { recordEvent } from "../audit.ts";
import { ACCOUNT_TABLES } from "./account-tables.ts";
import { clashingKey, importKeys } from "./account-keys.ts";
import { valueOf } from "./columns.ts";

export function beginAccountRestore(
  sql: SqlStorage,
  token: string,
  sha256s: readonly string[],
  audit: AuditEntry | undefined,
): AccountRestoreState {
  const begun = restoreOf(sql);
  if (begun?.token === token && begun.finished_ms !== null) return "finished";
  if (!isEmpty(sql)) return "not empty";
  if (begun?.token === token) return "begun";
  sql.exec("DELETE FROM account_restore_page");
  sql.exec(
    "INSERT OR REPLACE INTO account_restore (only, token, finished_ms) VALUES (0, ?, NULL)",
    token,
  );
  for (const [page, sha256] of sha256s.entries())
    sql.exec("INSERT INTO account_restore_page (page, sha256) VALUES (?, ?)", page, sha256);
  if (audit !== undefined) recordEvent(sql, audit);
  return "begun";
}

export function putAccountPage(
  sql: SqlStorage,
  token: string,
  page: number,
  sha256: string,
  rows: string,
): boolean {
  const begun = restoreOf(sql);
  if (begun?.token !== token || begun.finished_ms !== null) return false;
  return (
    sql
      .exec(
        "UPDATE account_restore_page SET rows = ? WHERE page = ? AND sha256 = ? RETURNING page",
        rows,
        page,
        sha256,
      )
      .toArray().length > 0
  );
}

/** All rows at once, or none. */
export function finishAccountRestore(
  sql: SqlStorage,
  token: string,
  audit: AuditEntry | undefined,
): AccountRestoreEnd {
  const begun = restoreOf(sql);
  if (begun?.token !== token) return { state: "not begun" };
  if (begun.finished_ms !== null) return { state: "finished", rows: 0 };
  if (!isEmpty(sql)) return { state: "not empty" };
  const pages = sql
    .exec<{ page: number; rows: string | null }>(
      "SELECT page, rows FROM account_restore_page ORDER BY page",
    )
    .toArray();
  const missing = pages.find(({ rows }) => rows === null);
  if (missing !== undefined) return { state: "incomplete", what: `page ${missing.page}` };
  const rows = pages.flatMap((page) => linesOf(page.rows ?? ""));
  const unknown = unknownColumn(sql, rows);
  if (unknown !== undefined) return { state: "incomplete", what: unknown };
  const clashing = [...keysByAccount(rows)].flatMap(
    ([accountId, keys]) => clashingKey(sql, accountId, keys) ?? [],
  );
  if (clashing[0] !== undefined)
    return {
      state: "incomplete",
      what: `the material of the KMS key ${clashing[0]}, which has another one here`,
    };
  // The deployment's own is there as soon as it has identities, or KMS keys.
  sql.exec("DELETE FROM account");
  for (const { name, bytes = [], isOfKms } of ACCOUNT_TABLES)
    if (isOfKms === undefined)
      for (const { columns } of rows.filter(({ table }) => table === name)) {
        const names = Object.keys(columns);
        sql.exec(
          `INSERT INTO ${name} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
          ...names.map((column) => valueOf(columns[column], bytes.includes(column))),
        );
      }
  for (const [accountId, keys] of keysByAccount(rows)) importKeys(sql, accountId, keys);
  sql.exec("DELETE FROM account_restore_page");
  sql.exec("UPDATE account_restore SET finished_ms = ?", Date.now());
  if (audit !== undefined) recordEvent(sql, audit);
  return { state: "finished", rows: rows.length };
}

type RestoreRow = { token: string; finished_ms: number | null };

function restoreOf(sql: SqlStorage): RestoreRow | undefined {
  return sql.exec<RestoreRow>("SELECT token, finished_ms FROM account_restore").toArray()[0];
}

/** Nobody is let in but the deployment's root. */
function isEmpty(sql: SqlStorage): boolean {
  return ACCOUNT_TABLES.every(({ name, isOfKms }) => {
    if (isOfKms) return true;
    const others = name === "account" ? "WHERE origin <> 'settings' OR alias IS NOT NULL" : "";
    return sql.exec(`SELECT 1 FROM ${name} ${others} LIMIT 1`).toArray().length === 0;
  });
}

function linesOf(text: string): readonly AccountRow[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as AccountRow);
}

/** @returns what this version of the tables has not */
function unknownColumn(sql: SqlStorage, rows: readonly AccountRow[]): string | undefined {
  const known = new Map(
    ACCOUNT_TABLES.map(({ name }) => {
      const columns = sql.exec<{ name: string }>(`PRAGMA table_info(${name})`).toArray();
      return [name, new Set(columns.map((column) => column.name))];
    }),
  );
  for (const { table, columns } of rows)
    for (const name of Object.keys(columns))
      if (known.get(table)?.has(name) !== true) return `${table}.${name}`;
  return undefined;
}

function keysByAccount(rows: readonly AccountRow[]): ReadonlyMap<string, BackupKeys> {
  const tables = new Set(ACCOUNT_TABLES.filter(({ isOfKms }) => isOfKms).map(({ name }) => name));
  const ofKms = rows.filter(({ table }) => tables.has(table));
  const byAccount = Map.groupBy(ofKms, ({ columns }) => String(columns["account_id"]));
  return new Map(
    [...byAccount].map(([accountId, own]) => {
      const of = (wanted: string) =>
        own.filter(({ table }) => table === wanted).map(({ columns }) => columns);
      return [
        accountId,
        { keys: of("kms_key"), materials: of("kms_material"), aliases: of("kms_alias") },
      ];
    }),
  );
}
