import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { inside, notesIn, temporaryFolder } from "../../support/local-objects.ts";

const DATABASE = "[0-9a-f]".repeat(64);

/** Logs are there as long as their databases are open. */
function logs(folder: string): string[] {
  return globSync(`notes/${DATABASE}.sqlite-wal`, { cwd: folder }).map((log) =>
    path.join(folder, log),
  );
}

test("what was written is there after a restart, and no log is left", async () => {
  const folder = temporaryFolder();
  const first = notesIn(folder);
  await first.getByName("a").add("one");
  await first.getByName("b").add("two");
  await first.close();
  expect(readdirSync(path.join(folder, "notes")).every((file) => file.endsWith(".sqlite"))).toBe(
    true,
  );
  const second = notesIn(folder);
  expect(await second.getByName("a").all()).toEqual(["one"]);
  expect(await second.getByName("b").all()).toEqual(["two"]);
});

test("to stop waits for the calls that are under way", async () => {
  const folder = temporaryFolder();
  const first = notesIn(folder);
  const adding = Array.from({ length: 20 }, (_, i) => first.getByName("a").addLater(`n${i}`));
  await first.close();
  await Promise.all(adding);
  await expect(first.getByName("a").all()).rejects.toThrow("closing");
  expect(await notesIn(folder).getByName("a").all()).toHaveLength(20);
});

test("files are their owner's alone", async () => {
  const folder = temporaryFolder();
  await notesIn(path.join(folder, "index")).getByName("a").add("one");
  const modeOf = (entry: string): number =>
    statSync(path.join(folder, "index", entry)).mode & 0o777;
  expect(modeOf("notes")).toBe(0o700);
  for (const file of readdirSync(path.join(folder, "index/notes")))
    expect(modeOf(`notes/${file}`), file).toBe(0o600);
});

test("a database that was half made when the server died is made anew", async () => {
  const folder = temporaryFolder();
  const namespace = notesIn(folder);
  const id = namespace.idFromName("a").toString();
  writeFileSync(path.join(folder, "notes", `${id}.sqlite.new`), "SQLite format 3\0 and no more");
  const notes = namespace.getByName("a");
  await Promise.all([notes.add("one"), notes.add("two")]);
  expect(await notes.all()).toEqual(["one", "two"]);
  expect(readdirSync(path.join(folder, "notes")).filter((file) => file.endsWith(".new"))).toEqual(
    [],
  );
});

test("a database that cannot be made fails the call, and no other", async () => {
  const folder = temporaryFolder();
  const namespace = notesIn(folder);
  const id = namespace.idFromName("a").toString();
  const obstacle = path.join(folder, "notes", `${id}.sqlite.new`);
  mkdirSync(obstacle);
  await expect(namespace.getByName("a").add("one")).rejects.toThrow("EISDIR");
  await namespace.getByName("b").add("one");
  rmdirSync(obstacle);
  await namespace.getByName("a").add("one");
});

const TEXT = "x".repeat(400_000);

test.each([
  ["synced", true],
  ["not synced", false],
])("a log that is %s stays short, whatever is written and listed", async (_, isSynced) => {
  const folder = temporaryFolder();
  const notes = notesIn(folder, {}, { isSynced }).getByName("a");
  let longestBytes = 0;
  let left = 120;
  const write = async (writer: number): Promise<void> => {
    for (; left > 0; left -= 1) {
      await notes.addLater(`${writer} ${left} ${TEXT}`);
      await inside(notes, ({ sql }) => {
        // A listing that stops in the middle.
        sql.exec("SELECT text FROM note").next();
        sql.exec("DELETE FROM note");
      });
      for (const log of logs(folder)) longestBytes = Math.max(longestBytes, statSync(log).size);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
  expect(longestBytes).toBeGreaterThan(8 * 1024 * 1024);
  expect(longestBytes).toBeLessThan(40 * 1024 * 1024);
});

test("the least used object is closed when too many are open, and opened anew when it is called", async () => {
  const folder = temporaryFolder();
  const namespace = notesIn(folder, {}, { maxOpen: 5, isSynced: false });
  for (let i = 0; i < 30; i += 1) {
    await namespace.getByName(`n${i}`).add(`text ${i}`);
    await namespace.getByName("n0").all();
  }
  await vi.waitFor(() => expect(logs(folder).length).toBeLessThanOrEqual(6), { timeout: 20_000 });
  const lastUsed = namespace.idFromName("n0").toString();
  expect(existsSync(path.join(folder, "notes", `${lastUsed}.sqlite-wal`))).toBe(true);
  for (let i = 0; i < 30; i += 1)
    expect(await namespace.getByName(`n${i}`).all()).toEqual([`text ${i}`]);
});

test("objects that are not used for minutes are closed", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const folder = temporaryFolder();
  const namespace = notesIn(folder, {}, { isSynced: false });
  await namespace.getByName("idle").add("one");
  await namespace.getByName("used").add("one");
  vi.advanceTimersByTime(300_000);
  await namespace.getByName("used").all();
  vi.advanceTimersByTime(300_000);
  vi.useRealTimers();
  await vi.waitFor(() => expect(logs(folder)).toHaveLength(1), { timeout: 20_000 });
  expect(await namespace.getByName("idle").all()).toEqual(["one"]);
});
