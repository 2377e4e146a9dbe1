import { expect, test } from "vitest";
import { inside, notesIn, temporaryFolder } from "../../support/local-objects.ts";

function attempt(effect: () => void): void {
  try {
    effect();
  } catch {
    // It has been rolled back.
  }
}

test("a transaction within one is rolled back alone, or with the one around it", async () => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  await inside(notes, (storage) => {
    const { sql } = storage;
    const add = (text: string): unknown => sql.exec("INSERT INTO note VALUES (?)", text);
    const failing = (text: string) => () =>
      storage.transactionSync(() => {
        add(text);
        throw new Error("no");
      });
    storage.transactionSync(() => {
      add("outer");
      storage.transactionSync(() => {
        add("inner");
        attempt(failing("innermost"));
      });
      attempt(failing("second inner"));
    });
    attempt(() =>
      storage.transactionSync(() => {
        add("lost");
        storage.transactionSync(() => add("lost, too"));
        throw new Error("no");
      }),
    );
  });
  expect(await notes.all()).toEqual(["outer", "inner"]);
});

test("writes without a transaction are one until the object waits", async () => {
  const folder = temporaryFolder();
  const notes = notesIn(folder, {}, { isSynced: false }).getByName("a");
  // A transaction within them is part of them.
  const failing = inside(notes, async (storage) => {
    storage.sql.exec("INSERT INTO note VALUES ('before')");
    storage.transactionSync(() => storage.sql.exec("INSERT INTO note VALUES ('within')"));
    await storage.sync();
    storage.sql.exec("INSERT INTO note VALUES ('after')");
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(await notes.all()).toEqual(["before", "within", "after"]);
});

test("an alarm is set with its transaction, or not at all", async () => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  const soon = Date.now() + 3_600_000;
  await inside(notes, (storage) => {
    storage.transactionSync(() => {
      void storage.setAlarm(soon + 1);
      attempt(() =>
        storage.transactionSync(() => {
          void storage.setAlarm(soon);
          throw new Error("no");
        }),
      );
    });
    attempt(() =>
      storage.transactionSync(() => {
        void storage.deleteAlarm();
        throw new Error("no");
      }),
    );
  });
  expect(await notes.wakesAt()).toBe(soon + 1);
});

test("an alarm that cannot be set fails its transaction, although nobody awaits it", async () => {
  const notes = notesIn(temporaryFolder(), {}, { isSynced: false }).getByName("a");
  const outcome = inside(notes, (storage) => {
    storage.sql.exec("DROP TABLE _cf_METADATA");
    storage.transactionSync(() => {
      storage.sql.exec("INSERT INTO note VALUES ('without an alarm')");
      void storage.setAlarm(1);
    });
  });
  await expect(outcome).rejects.toThrow("_cf_METADATA");
  expect(await notes.all()).toEqual([]);
});
