import { globSync, statSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import {
  inside,
  notesIn,
  temporaryFolder,
  type Told,
  withSyncs,
} from "../../support/local-objects.ts";

/** Lets the syncs fail with this code; "" for none. */
function failingSyncs(): { code: string } {
  const disk = { code: "" };
  withSyncs((sync, fail) => (disk.code === "" ? sync() : fail(disk.code)));
  return disk;
}

test("when a sync fails, all that wait for it fail, and the object is opened anew from the disk", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  const disk = failingSyncs();
  await notes.add("kept");
  const before = await inside(notes, () => "same object");
  expect(before).toBe("same object");
  disk.code = "EIO";
  const waiting = [notes.add("lost"), notes.all(), notes.addLater("lost, too")];
  for (const answer of waiting) await expect(answer).rejects.toThrow(/EIO/);
  disk.code = "";
  // What was not acknowledged may be there; it is on disk then, as what was is.
  expect((await notes.all())[0]).toBe("kept");
  await notes.add("later");
  expect((await notes.all()).at(-1)).toBe("later");
});

test("a failed sync is not tried again: what the system holds in memory is written anew", async () => {
  const folder = temporaryFolder();
  const notes = notesIn(folder).getByName("a");
  const disk = failingSyncs();
  await notes.add("kept");
  disk.code = "EIO";
  await expect(notes.add("lost")).rejects.toThrow(/EIO/);
  disk.code = "";
  await notes.all();
  // Opened anew, its log was moved to the database whole, and cut.
  const [log = ""] = globSync(path.join(folder, "notes", `${"[0-9a-f]".repeat(64)}.sqlite-wal`));
  expect(statSync(log).size).toBe(0);
});

test("as long as the disk fails, nothing is acknowledged", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  const disk = failingSyncs();
  await notes.add("kept");
  disk.code = "EIO";
  for (let attempt = 0; attempt < 3; attempt += 1)
    await expect(notes.add(`lost ${attempt}`)).rejects.toThrow(/EIO/);
  disk.code = "";
  expect((await notes.all())[0]).toBe("kept");
});

test("the failure of one object is not another's", async () => {
  const namespace = notesIn(temporaryFolder());
  const [one, two] = [namespace.getByName("one"), namespace.getByName("two")];
  await Promise.all([one.all(), two.all()]);
  let failures = 1;
  withSyncs((sync, fail) => ((failures -= 1) >= 0 ? fail("EIO") : sync()));
  const [first, second] = await Promise.allSettled([one.add("a"), two.add("b")]);
  expect([first.status, second.status]).toEqual(["rejected", "fulfilled"]);
});

/** So full that nothing more can be written. */
function fill(storage: DurableObjectStorage): void {
  const { page_count: pages } = storage.sql.exec<{ page_count: number }>("PRAGMA page_count").one();
  storage.sql.exec(`PRAGMA max_page_count = ${pages}`);
}

const LONG = "x".repeat(100_000);

test("a full database is told of in the words that the Worker knows", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  await notes.add("kept");
  await inside(notes, fill);
  await expect(notes.addLater(LONG)).rejects.toThrow(/SQLITE_FULL/);
  expect(await notes.all()).toEqual(["kept"]);
});

test("a full disk, too", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  const disk = failingSyncs();
  await notes.add("kept");
  disk.code = "ENOSPC";
  await expect(notes.add("lost")).rejects.toThrow(/SQLITE_FULL/);
});

test("when SQLite gives up a whole transaction, nothing that follows in it counts", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  await notes.add("kept");
  const outcome = inside(notes, async (storage) => {
    storage.transactionSync(() => {
      storage.sql.exec("INSERT INTO note VALUES ('before')");
      // As SQLite does by itself when the disk fails in the middle of a statement.
      const query = "INSERT OR ROLLBACK INTO note VALUES ('kept')";
      expect(() => storage.sql.exec(query)).toThrow("SQLITE_CONSTRAINT");
      try {
        storage.transactionSync(() => storage.sql.exec("INSERT INTO note VALUES ('after')"));
      } catch {
        // Whoever does not care must not be told that it went well.
      }
    });
    await storage.sync();
  });
  await expect(outcome).rejects.toThrow(/SQLITE_CONSTRAINT/);
  expect(await notes.all()).toEqual(["kept"]);
  await notes.add("later");
  expect(await notes.all()).toEqual(["kept", "later"]);
});

test("an object that cannot be made fails its calls until it can", async () => {
  const told: Told = { isBroken: true };
  const notes = notesIn(temporaryFolder(), told).getByName("a");
  await expect(notes.add("lost")).rejects.toThrow("broken");
  told.isBroken = false;
  await notes.add("kept");
  expect(await notes.all()).toEqual(["kept"]);
});
