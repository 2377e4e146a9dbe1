import { expect, test } from "vitest";
import { inside, notesIn, temporaryFolder } from "../../support/local-objects.ts";

const bytes = (length: number): ArrayBuffer => new Uint8Array(length).fill(7).buffer;

/** What comes back of a value that was bound. */
const BOUND: [what: string, value: SqlStorageValue][] = [
  ["text", "a"],
  ["text with U+0000 in the middle", "a\0b"],
  ["empty text", ""],
  ["a small integer", 5],
  ["the greatest safe integer", Number.MAX_SAFE_INTEGER],
  ["a fraction", 1.5],
  ["nothing", null],
  ["bytes", bytes(3)],
  ["no bytes, which are not nothing", bytes(0)],
];

test("what is bound comes back as it was", async () => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  await inside(notes, ({ sql }) => {
    sql.exec("CREATE TABLE value (position INTEGER PRIMARY KEY, any_value)");
    for (const [at, [, value]] of BOUND.entries())
      sql.exec("INSERT INTO value VALUES (?, ?)", at, value);
    for (const [at, [what, value]] of BOUND.entries()) {
      const query = "SELECT any_value FROM value WHERE position = ?";
      expect(sql.exec(query, at).one(), what).toEqual({ any_value: value });
    }
  });
});

test("bytes are an ArrayBuffer, whether a column or an expression has them", async () => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  await inside(notes, ({ sql }) => {
    sql.exec("CREATE TABLE blob (bytes BLOB)");
    sql.exec("INSERT INTO blob VALUES (?)", bytes(3));
    const rows = sql.exec("SELECT bytes, substr(bytes, 2), max(bytes) FROM blob").raw();
    expect([...rows]).toEqual([[bytes(3), bytes(2), bytes(3)]]);
  });
});

test.each([
  ["an integer that a number does not hold", "SELECT 9007199254740993 AS n", [], /too large/],
  ["101 bindings", `SELECT ${Array(101).fill("?").join()}`, Array(101).fill(1), /SQLITE_ERROR$/],
  ["a row twice", "INSERT INTO note VALUES ('a'), ('a')", [], /UNIQUE.*: SQLITE_CONSTRAINT$/],
  ["bindings of two statements", "DELETE FROM note; DELETE FROM note", [1], /no bindings/],
  ["a pattern of LIKE that is too long", `SELECT 'a' LIKE '${"%a".repeat(30)}'`, [], /too complex/],
])("refused: %s", async (_, query, bindings, message) => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  await inside(notes, ({ sql }) => {
    expect(() => sql.exec(query, ...bindings)).toThrow(message);
    expect(sql.exec("SELECT count(*) AS n FROM note").one()).toEqual({ n: 0 });
  });
});

test("a statement tells how many rows it wrote", async () => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  await inside(notes, ({ sql }) => {
    expect(sql.exec("INSERT INTO note VALUES ('a'), ('b')").rowsWritten).toBe(2);
    expect(sql.exec("UPDATE note SET text = 'c' WHERE text = 'x'").rowsWritten).toBe(0);
    const returning = sql.exec("DELETE FROM note WHERE text = 'a' RETURNING text");
    expect([returning.rowsWritten, returning.toArray()]).toEqual([1, [{ text: "a" }]]);
    expect(sql.exec("SELECT text FROM note").rowsWritten).toBe(0);
  });
});

test("`one` wants exactly one row, and a cursor is read once", async () => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  await inside(notes, ({ sql }) => {
    sql.exec("INSERT INTO note VALUES ('a'), ('b')");
    expect(() => sql.exec("SELECT * FROM note").one()).toThrow("multiple results");
    expect(() => sql.exec("SELECT * FROM note WHERE text = 'x'").one()).toThrow("no results");
    const cursor = sql.exec("SELECT * FROM note ORDER BY text");
    expect(cursor.next()).toEqual({ done: false, value: { text: "a" } });
    expect([...cursor]).toEqual([{ text: "b" }]);
    expect(cursor.next()).toEqual({ done: true, value: undefined });
    expect(cursor.toArray()).toEqual([]);
  });
});

test("a migration of several statements is run whole, and `*` has the new columns", async () => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  await inside(notes, ({ sql }) => {
    sql.exec("INSERT INTO note VALUES ('a')");
    const all = (): unknown => sql.exec("SELECT * FROM note").toArray();
    expect(all()).toEqual([{ text: "a" }]);
    sql.exec("ALTER TABLE note ADD COLUMN n INTEGER; -- the second\n UPDATE note SET n = 1;\n");
    expect(all()).toEqual([{ text: "a", n: 1 }]);
    sql.exec("ALTER TABLE note ADD COLUMN m INTEGER");
    expect(all()).toEqual([{ text: "a", n: 1, m: null }]);
  });
});

test("what was deleted makes room in the database", async () => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  await inside(notes, ({ sql }) => {
    const emptyBytes = sql.databaseSize;
    sql.exec("CREATE TABLE blob (bytes BLOB)");
    sql.exec("INSERT INTO blob VALUES (?)", bytes(1_000_000));
    expect(sql.databaseSize - emptyBytes).toBeGreaterThan(1_000_000);
    sql.exec("DELETE FROM blob");
    expect(sql.databaseSize - emptyBytes).toBeLessThan(50_000);
  });
});
