import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { PART_COLUMNS, UPLOAD_COLUMNS } from "../../src/storage/wire/backup-pages.ts";
import backupMd from "../../docs/backup.md?raw";

const SOURCES = import.meta.glob<string>("../../src/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** What the document says, line by line: the store, and the names in its second column. */
function listed(store: string): readonly string[] {
  return backupMd
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, first, , what = ""]) => first === store && /^(yes|derived|no): /.test(what))
    .flatMap(([, , names = ""]) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name))
    .toSorted();
}

const tables = (sql: SqlStorage): readonly string[] =>
  sql
    .exec<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
       AND name NOT LIKE 'sqlite%' ORDER BY name`,
    )
    .toArray()
    .map(({ name }) => name);

test("docs/backup.md says of each table whether it is in a backup, and if not, why", async () => {
  const directory = env.DIRECTORY.getByName("backup-tables");
  const shard = env.BUCKET_INDEX.getByName("backup-tables/0");
  const found = {
    Directory: await runInDurableObject(directory, (_, { storage }) => tables(storage.sql)),
    shard: await runInDurableObject(shard, (_, { storage }) => tables(storage.sql)),
  };
  expect({ Directory: listed("Directory"), shard: listed("shard") }).toEqual(found);
});

test("an upload and a part come back with each column that they have", async () => {
  const shard = env.BUCKET_INDEX.getByName("backup-columns/0");
  const columnsOf = (table: string) =>
    runInDurableObject(shard, (_, { storage }) =>
      storage.sql
        .exec<{ name: string }>(`PRAGMA table_info(${table})`)
        .toArray()
        .map(({ name }) => name),
    );
  expect(new Set(UPLOAD_COLUMNS)).toEqual(new Set(await columnsOf("upload")));
  expect(new Set(PART_COLUMNS)).toEqual(new Set(await columnsOf("part")));
});

test("and of each kind of key in KV", () => {
  const kinds = Object.values(SOURCES).flatMap((text) =>
    [...text.matchAll(/`([a-z-]+-\d+\/)\$\{/g)].map(([, kind = ""]) => kind),
  );
  expect(listed("KV")).toEqual(kinds.toSorted());
});
