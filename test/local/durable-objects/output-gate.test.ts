import { expect, onTestFinished, test, vi } from "vitest";
import { DurableObject } from "../../../local/cloudflare-workers.ts";
import { Namespace } from "../../../local/durable-objects/namespace.ts";
import { GroupCommit } from "../../../src/storage/bucket-shard/group-commit.ts";
import { crash, inside, notesIn, temporaryFolder, withSyncs } from "../../support/local-objects.ts";

/** Syncs that end when the test says so. */
function heldSyncs(): { release: () => void; readonly count: number } {
  const held: (() => void)[] = [];
  let count = 0;
  withSyncs((sync) => {
    count += 1;
    held.push(sync);
  });
  return {
    release: () => held.shift()?.(),
    get count() {
      return count;
    },
  };
}

/** Whether it has settled when everything that can go on has. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test.each(["add", "addLater"] as const)(
  "%s is answered when its sync has ended",
  async (method) => {
    const notes = notesIn(temporaryFolder()).getByName("a");
    await notes.all();
    const syncs = heldSyncs();
    const answer = notes[method]("one");
    expect(await isSettled(answer)).toBe(false);
    syncs.release();
    await answer;
    expect(syncs.count).toBe(1);
  },
);

function fail(): never {
  throw new Error("no");
}

test("what is not on disk is not seen by a read either, nor behind an error", async () => {
  const namespace = notesIn(temporaryFolder());
  const notes = namespace.getByName("a");
  const other = namespace.getByName("b");
  await Promise.all([notes.all(), other.all()]);
  const syncs = heldSyncs();
  const answers = [notes.add("one"), notes.all(), inside(notes, fail)];
  for (const answer of answers) expect(await isSettled(answer)).toBe(false);
  // Another object is not kept from its own.
  expect(await other.all()).toEqual([]);
  syncs.release();
  expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
  ]);
});

test("one sync is for all that was written before it began", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  await notes.all();
  const syncs = heldSyncs();
  const first = notes.add("first");
  await isSettled(first);
  const others = Array.from({ length: 50 }, (_, i) => notes.add(`n${i}`));
  syncs.release();
  await first;
  expect(await isSettled(Promise.race(others))).toBe(false);
  syncs.release();
  await Promise.all(others);
  expect(syncs.count).toBe(2);
});

test("an object that is opened and has nothing to write waits for no sync", async () => {
  const folder = temporaryFolder();
  const first = notesIn(folder);
  await first.getByName("a").add("one");
  await first.close();
  const syncs = heldSyncs();
  expect(await notesIn(folder).getByName("a").all()).toEqual(["one"]);
  expect(syncs.count).toBe(0);
});

test("what a server that died left is not seen before it is on disk", async () => {
  const folder = temporaryFolder();
  await notesIn(folder).getByName("a").add("one");
  const copy = crash(folder);
  const syncs = heldSyncs();
  const reading = notesIn(copy).getByName("a").all();
  await vi.waitFor(() => expect(syncs.count).toBe(1));
  expect(await isSettled(reading)).toBe(false);
  // The index of alarms was left, too.
  while (!(await isSettled(reading))) syncs.release();
  expect(await reading).toEqual(["one"]);
});

test("objects are synced side by side", async () => {
  const namespace = notesIn(temporaryFolder());
  const objects = ["a", "b", "c"].map((name) => namespace.getByName(name));
  await Promise.all(objects.map((notes) => notes.all()));
  const syncs = heldSyncs();
  const answers = objects.map((notes) => notes.add("one"));
  await isSettled(Promise.all(answers));
  expect(syncs.count).toBe(3);
  for (const _ of answers) syncs.release();
  await Promise.all(answers);
});

/** Writes in groups, as a shard does. */
class Grouped extends DurableObject {
  readonly #commits: GroupCommit;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS note (text TEXT PRIMARY KEY)");
    const unnumbered = { reserveSequences() {}, forget() {} };
    this.#commits = new GroupCommit(ctx.storage, unnumbered);
  }

  async add(text: string): Promise<string> {
    return await this.#commits.run(() => {
      this.ctx.storage.sql.exec("INSERT INTO note VALUES (?)", text);
      return text;
    });
  }
}

test("the answers of a group do not wait for the group that follows", async () => {
  const options = { folder: temporaryFolder(), uniqueKey: "grouped", env: {} };
  const namespace = new Namespace(Grouped, options);
  onTestFinished(() => namespace.close());
  const grouped = namespace.getByName("a");
  await grouped.add("opened");
  const syncs = heldSyncs();
  const first = grouped.add("first");
  await isSettled(first);
  const second = [grouped.add("second"), grouped.add("third")];
  syncs.release();
  await vi.waitFor(() => expect(syncs.count).toBe(2));
  expect(await isSettled(first)).toBe(true);
  expect(await isSettled(Promise.race(second))).toBe(false);
  syncs.release();
  expect(await Promise.all(second)).toEqual(["second", "third"]);
  expect(syncs.count).toBe(2);
});
