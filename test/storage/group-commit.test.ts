import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { GroupCommit } from "../../src/storage/bucket-shard/group-commit.ts";
import { ShardState } from "../../src/storage/bucket-shard/shard-state.ts";
import { withMethods } from "../support/faults.ts";

let shards = 0;

function inShard<T>(use: (storage: DurableObjectStorage) => Promise<T>): Promise<T> {
  shards += 1;
  return runInDurableObject(env.BUCKET_INDEX.getByName(`group-${shards}/0`), (_, { storage }) => {
    storage.sql.exec("CREATE TABLE note (text TEXT PRIMARY KEY)");
    return use(storage);
  });
}

const write = (sql: SqlStorage, text: string) => () => {
  sql.exec("INSERT INTO note VALUES (?)", text);
  return text;
};

test("effects that arrive while a commit is on its way share the next transaction", async () => {
  const transactions = await inShard(async (storage) => {
    let synced = 0;
    const counted = withMethods(storage, {
      sync: () => {
        synced += 1;
        return storage.sync();
      },
    });
    const commits = new GroupCommit(counted, new ShardState(storage.sql, undefined));
    const texts = Array.from({ length: 100 }, (_, i) => `n${i}`);
    expect(await Promise.all(texts.map((text) => commits.run(write(storage.sql, text))))).toEqual(
      texts,
    );
    expect(storage.sql.exec("SELECT COUNT(*) AS count FROM note").one()).toEqual({ count: 100 });
    return synced;
  });
  expect(transactions).toBe(2);
});

test("an effect that throws rolls back alone", async () => {
  await inShard(async (storage) => {
    const { sql } = storage;
    const commits = new GroupCommit(storage, new ShardState(sql, undefined));
    const results = await Promise.allSettled([
      commits.run(write(sql, "first")),
      commits.run(write(sql, "second")),
      commits.run(() => {
        write(sql, "half")();
        throw new Error("no");
      }),
      commits.run(write(sql, "third")),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    const texts = sql.exec<{ text: string }>("SELECT text FROM note ORDER BY text").toArray();
    expect(texts.map(({ text }) => text)).toEqual(["first", "second", "third"]);
  });
});

test("when the disk fails, no write of the group is acknowledged, and the next group is tried", async () => {
  await inShard(async (storage) => {
    let failures = 1;
    const failing = withMethods(storage, {
      sync: () => {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new Error("disk full")) : storage.sync();
      },
    });
    const commits = new GroupCommit(failing, new ShardState(storage.sql, undefined));
    const results = await Promise.allSettled(
      ["a", "b"].map((text) => commits.run(write(storage.sql, text))),
    );
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  });
});

test("sequence numbers never repeat, not even after a restart", async () => {
  await inShard(async (storage) => {
    const state = new ShardState(storage.sql, undefined);
    const commits = new GroupCommit(storage, state);
    const taken: number[] = [];
    for (let i = 0; i < 3; i += 1) taken.push(await commits.run(() => state.takeSequence()));
    const restarted = new ShardState(storage.sql, undefined);
    const after = new GroupCommit(storage, restarted);
    for (let i = 0; i < 3; i += 1) taken.push(await after.run(() => restarted.takeSequence()));
    expect(taken).toEqual(taken.toSorted((a, b) => a - b));
    expect(new Set(taken).size).toBe(taken.length);
  });
});
