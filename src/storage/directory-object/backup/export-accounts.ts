import type { AccountPage, AccountRow } from "../../ports/account-backup.ts";
import { columnsOf } from "./columns.ts";
import { ACCOUNT_TABLES } from "./account-tables.ts";

const PAGE_ROWS = 500;
/** A page comes back as one value of a row, which has 2 MB at most; one row of these tables has 40 KB at most. */
const PAGE_CHARACTERS = 600_000;

/** Where a walk through the tables has come: behind a row of one, by its key. */
type Position = readonly [table: string, ...key: readonly (number | string)[]];

export function exportAccounts(sql: SqlStorage, after: string): AccountPage {
  const [from, ...key] = (after === "" ? [ACCOUNT_TABLES[0]?.name] : JSON.parse(after)) as Position;
  const first = ACCOUNT_TABLES.findIndex(({ name }) => name === from);
  const rows: AccountRow[] = [];
  let characters = 0;
  for (const table of ACCOUNT_TABLES.slice(Math.max(first, 0))) {
    const isBehind = table.name === from && key.length > 0;
    const columns = table.key.join(", ");
    const places = table.key.map(() => "?").join(", ");
    const found = sql
      .exec(
        `SELECT * FROM ${table.name} ${isBehind ? `WHERE (${columns}) > (${places})` : ""}
         ORDER BY ${columns} LIMIT ?`,
        ...(isBehind ? key : []),
        PAGE_ROWS - rows.length + 1,
      )
      .toArray();
    for (const row of found) {
      const last = rows.at(-1);
      if (last !== undefined && (rows.length >= PAGE_ROWS || characters > PAGE_CHARACTERS))
        return { rows, next: positionOf(last), lastChange: lastChangeOf(sql) };
      const exported = { table: table.name, columns: columnsOf(row) };
      characters += JSON.stringify(exported).length;
      rows.push(exported);
    }
  }
  return { rows, lastChange: lastChangeOf(sql) };
}

function positionOf({ table, columns }: AccountRow): string {
  const key = ACCOUNT_TABLES.find(({ name }) => name === table)?.key ?? [];
  return JSON.stringify([table, ...key.map((name) => columns[name])]);
}

/** Whatever changes accounts leaves an event. */
function lastChangeOf(sql: SqlStorage): number {
  const query = "SELECT MAX(id) AS id FROM audit_event WHERE is_refused = 0";
  return sql.exec<{ id: number | null }>(query).one().id ?? 0;
}
