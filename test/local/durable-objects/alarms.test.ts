import { copyFileSync, globSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Namespace } from "../../../local/durable-objects/namespace.ts";
import {
  crash,
  inside,
  type Notes,
  notesIn,
  temporaryFolder,
  type Told,
} from "../../support/local-objects.ts";

const HOUR_MS = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What rings, by the names of the objects. */
function ringing(onRing: (notes: Notes) => Promise<void> = async () => {}): Told & {
  readonly rung: string[];
} {
  const rung: string[] = [];
  return {
    rung,
    async alarm(notes) {
      rung.push(notes.name ?? "?");
      await onRing(notes);
    },
  };
}

/** Lets so much time pass, and all that it brings about. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function indexed(folder: string): unknown[] {
  const database = new DatabaseSync(path.join(folder, "notes/metadata.sqlite"));
  const rows = database.prepare("SELECT actor_name, scheduled_time / 1000000 AS ms FROM _cf_ALARM");
  const found = rows.all().map(({ actor_name: name, ms }) => [name, ms]);
  database.close();
  return found;
}

/** @param stepMs of the test's time that pass meanwhile, again and again; else it stands still */
async function until(isSo: () => boolean, stepMs = 0): Promise<void> {
  const began = performance.now();
  while (!isSo()) {
    if (performance.now() - began > 10_000) throw new Error("it does not come to that");
    await vi.advanceTimersByTimeAsync(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("an alarm rings when it is due, once, and is gone then", async () => {
  const folder = temporaryFolder();
  const told = ringing();
  const notes = notesIn(folder, told).getByName("a");
  await notes.wakeAt(Date.now() + HOUR_MS);
  await pass(HOUR_MS - 1000);
  expect(told.rung).toEqual([]);
  await pass(1000);
  await until(() => told.rung.length > 0);
  expect(await notes.wakesAt()).toBeNull();
  await pass(2 * HOUR_MS);
  expect(told.rung).toEqual(["a"]);
  expect(indexed(folder)).toEqual([]);
});

test("a server at rest stops at once, although an alarm is due that never rings there", async () => {
  const told = ringing();
  const namespace = notesIn(temporaryFolder(), told, { isAtRest: true });
  await namespace.getByName("a").wakeAt(Date.now() - 1000);
  await pass(1000);
  await namespace.settle(Date.now() + HOUR_MS);
  expect(told.rung).toEqual([]);
});

test("an alarm that is set while it rings rings next", async () => {
  const told = ringing(async (notes) => {
    expect(await notes.storage.getAlarm()).toBeNull();
    if (told.rung.length < 3) await notes.storage.setAlarm(Date.now() + HOUR_MS);
  });
  const notes = notesIn(temporaryFolder(), told).getByName("a");
  await notes.wakeAt(Date.now() + HOUR_MS);
  for (let hour = 1; hour <= 4; hour += 1) {
    await pass(HOUR_MS);
    await until(() => told.rung.length >= Math.min(hour, 3));
  }
  expect(told.rung).toEqual(["a", "a", "a"]);
});

test("an alarm that is set earlier, later, or deleted", async () => {
  const folder = temporaryFolder();
  const told = ringing();
  const namespace = notesIn(folder, told);
  const at = (hours: number): number => nowMs + hours * HOUR_MS;
  const nowMs = Date.now();
  await namespace.getByName("earlier").wakeAt(at(9));
  await namespace.getByName("earlier").wakeAt(at(1));
  await namespace.getByName("later").wakeAt(at(1));
  await namespace.getByName("later").wakeAt(at(9));
  await namespace.getByName("deleted").wakeAt(at(1));
  await inside(namespace.getByName("deleted"), (storage) => storage.deleteAlarm());
  expect(new Map(indexed(folder) as [string, number][])).toEqual(
    new Map([
      ["earlier", at(1)],
      ["later", at(9)],
    ]),
  );
  await pass(2 * HOUR_MS);
  await until(() => told.rung.length > 0);
  expect(told.rung).toEqual(["earlier"]);
});

test("an alarm that fails rings again, after longer and longer, until it does not", async () => {
  const told = ringing(async () => {
    if (told.rung.length < 9) throw new Error("not now");
  });
  vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const notes = notesIn(temporaryFolder(), told).getByName("a");
  await notes.wakeAt(Date.now() + 1000);
  const waitedMs: number[] = [];
  let lastMs = Date.now() + 1000;
  for (let count = 1; count <= 9; count += 1) {
    while (told.rung.length < count) await pass(500);
    waitedMs.push(Date.now() - lastMs);
    lastMs = Date.now();
  }
  expect(waitedMs[1]).toBeGreaterThanOrEqual(2000);
  expect(waitedMs[1]).toBeLessThan(3500);
  expect(waitedMs[8]).toBeGreaterThanOrEqual(256_000);
  await pass(HOUR_MS);
  expect(told.rung).toHaveLength(9);
  expect(await notes.wakesAt()).toBeNull();
});

test("two alarms of an object never ring at once", async () => {
  let atOnce = 0;
  let most = 0;
  let release = (): void => {};
  const told = ringing(async (notes) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await notes.storage.setAlarm(Date.now());
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    atOnce -= 1;
  });
  const notes = notesIn(temporaryFolder(), told).getByName("a");
  await notes.wakeAt(Date.now());
  await pass(1);
  await until(() => told.rung.length === 1);
  await notes.wakeAt(Date.now());
  await pass(HOUR_MS);
  expect(told.rung).toHaveLength(1);
  release();
  await until(() => told.rung.length === 2);
  expect(most).toBe(1);
  await notes.wakeAt(Date.now() + HOUR_MS);
  release();
});

test("an alarm that came due while nobody was there rings at the next start", async () => {
  const folder = temporaryFolder();
  const first = notesIn(folder);
  await first.getByName("a").wakeAt(Date.now() + HOUR_MS);
  await first.close();
  vi.setSystemTime(Date.now() + 2 * HOUR_MS);
  const told = ringing();
  notesIn(folder, told);
  await pass(1);
  await until(() => told.rung.length > 0);
  expect(told.rung).toEqual(["a"]);
});

async function alarmOf(namespace: Namespace<Notes, Told>): Promise<number | null> {
  return namespace.getByName("a").wakesAt();
}

test("an alarm that a power cut kept from the index is found at the next start", async () => {
  const folder = temporaryFolder();
  const dueMs = Date.now() + HOUR_MS;
  await notesIn(folder).getByName("a").wakeAt(dueMs);
  const copy = crash(folder);
  for (const lost of globSync("notes/metadata.sqlite*", { cwd: copy }))
    copyFileSync("/dev/null", path.join(copy, lost));
  const told = ringing();
  vi.setSystemTime(dueMs);
  notesIn(copy, told);
  await until(() => told.rung.length > 0);
  // By its number alone: the index did not tell the name.
  expect(told.rung).toEqual(["?"]);
});

test("an alarm that the object does not have any more does not ring", async () => {
  const folder = temporaryFolder();
  const first = notesIn(folder);
  await first.getByName("a").wakeAt(Date.now() + HOUR_MS);
  const copy = crash(folder);
  await first.getByName("a").wakeAt(Date.now() + 5 * HOUR_MS);
  await first.close();
  for (const old of globSync("notes/metadata.sqlite*", { cwd: copy }))
    copyFileSync(path.join(copy, old), path.join(folder, old));
  const told = ringing();
  const second = notesIn(folder, told);
  await pass(2 * HOUR_MS);
  expect(told.rung).toEqual([]);
  expect(await alarmOf(second)).toBeGreaterThan(Date.now());
  await pass(4 * HOUR_MS);
  // A slow machine looks the alarm up only now, and then waits a millisecond.
  await until(() => told.rung.length > 0, 1);
  expect(told.rung).toEqual(["a"]);
});

test("no alarm rings while the server stops, and one that rings is waited for", async () => {
  let release = (): void => {};
  const told = ringing(
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  const namespace = notesIn(temporaryFolder(), told);
  await namespace.getByName("a").wakeAt(Date.now());
  await namespace.getByName("b").wakeAt(Date.now() + HOUR_MS);
  await pass(1);
  await until(() => told.rung.length === 1);
  let isClosed = false;
  const closing = namespace.close().finally(() => {
    isClosed = true;
  });
  await pass(2 * HOUR_MS);
  expect([isClosed, told.rung]).toEqual([false, ["a"]]);
  release();
  await closing;
  await expect(namespace.getByName("a").all()).rejects.toThrow("closing");
});
