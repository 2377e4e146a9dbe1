import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { hash } from "node:crypto";
import { ACCOUNT_TABLES } from "../../src/storage/directory-object/backup/account-tables.ts";
import { exportAccounts } from "../../src/storage/directory-object/backup/export-accounts.ts";
import {
  beginAccountRestore,
  finishAccountRestore,
  putAccountPage,
} from "../../src/storage/directory-object/backup/restore-accounts.ts";

const inDirectory = <T>(name: string, act: (sql: SqlStorage) => T): Promise<T> =>
  runInDurableObject(env.DIRECTORY.getByName(name), (_, { storage }) => act(storage.sql));

/** Rows with something in each column, which is another one in each row. */
function fill(sql: SqlStorage, count: number): void {
  for (const { name, bytes = [] } of ACCOUNT_TABLES) {
    const columns = sql.exec<{ name: string }>(`PRAGMA table_info(${name})`).toArray();
    const columnNames = columns.map((column) => column.name);
    for (let i = 0; i < count; i += 1)
      sql.exec(
        `INSERT INTO ${name} VALUES (${columnNames.map(() => "?").join(", ")})`,
        ...columnNames.map((column) =>
          bytes.includes(column) ? new Uint8Array([i, 0, 255]) : `${column} ${i}`,
        ),
      );
  }
}

function everything(sql: SqlStorage): object {
  return Object.fromEntries(
    ACCOUNT_TABLES.map(({ name, key }) => {
      const rows = sql.exec(`SELECT * FROM ${name} ORDER BY ${key.join(", ")}`).toArray();
      return [
        name,
        rows.map((row) =>
          Object.values(row).map((value) =>
            value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value,
          ),
        ),
      ];
    }),
  );
}

function pagesOf(sql: SqlStorage): string[] {
  const pages: string[] = [];
  let after: string | undefined = "";
  while (after !== undefined) {
    const page = exportAccounts(sql, after);
    pages.push(page.rows.map((row) => JSON.stringify(row)).join("\n"));
    after = page.next;
  }
  return pages;
}

test("each column of each table comes back, page by page, and only all of it at once", async () => {
  const [original, pages] = await inDirectory("backed-up", (sql) => {
    fill(sql, 90);
    return [everything(sql), pagesOf(sql)];
  });
  expect(pages.length).toBeGreaterThan(2);
  const sums = pages.map((page) => hash("sha256", page, "hex"));
  await inDirectory("restored", (sql) => {
    expect(beginAccountRestore(sql, "token", sums, undefined)).toBe("begun");
    for (const [i, page] of pages.slice(1).entries())
      expect(putAccountPage(sql, "token", i + 1, sums[i + 1] ?? "", page)).toBe(true);
    expect(putAccountPage(sql, "token", 0, sums[1] ?? "", pages[1] ?? "")).toBe(false);
    expect(putAccountPage(sql, "another", 0, sums[0] ?? "", pages[0] ?? "")).toBe(false);
    expect(finishAccountRestore(sql, "token", undefined)).toEqual({
      state: "incomplete",
      what: "page 0",
    });
    expect(sql.exec("SELECT * FROM access_key").toArray()).toEqual([]);
    expect(putAccountPage(sql, "token", 0, sums[0] ?? "", pages[0] ?? "")).toBe(true);
    expect(finishAccountRestore(sql, "token", undefined)).toEqual({
      state: "finished",
      rows: 90 * ACCOUNT_TABLES.length,
    });
    expect(finishAccountRestore(sql, "token", undefined)).toEqual({ state: "finished", rows: 0 });
    expect(beginAccountRestore(sql, "token", sums, undefined)).toBe("finished");
    expect(beginAccountRestore(sql, "another", sums, undefined)).toBe("not empty");
    expect(everything(sql)).toEqual(original);
    expect(sql.exec("SELECT * FROM account_restore_page").toArray()).toEqual([]);
  });
});

test("rows with a column that a later version has are not restored without it", async () => {
  const page = JSON.stringify({ table: "iam_user", columns: { id: "AIDA", mfa: 1 } });
  const sum = hash("sha256", page, "hex");
  await inDirectory("of-a-later-version", (sql) => {
    beginAccountRestore(sql, "token", [sum], undefined);
    putAccountPage(sql, "token", 0, sum, page);
    expect(finishAccountRestore(sql, "token", undefined)).toEqual({
      state: "incomplete",
      what: "iam_user.mfa",
    });
  });
});

test("a restore that begins takes the place of one that was abandoned", async () => {
  await inDirectory("abandoned", (sql) => {
    beginAccountRestore(sql, "first", ["1", "2"], undefined);
    expect(putAccountPage(sql, "first", 0, "1", "")).toBe(true);
    beginAccountRestore(sql, "second", ["3"], undefined);
    expect(putAccountPage(sql, "first", 0, "1", "")).toBe(false);
    expect(finishAccountRestore(sql, "first", undefined)).toEqual({ state: "not begun" });
    expect(finishAccountRestore(sql, "second", undefined)).toMatchObject({ state: "incomplete" });
  });
});
