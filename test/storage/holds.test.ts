import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PLAIN_STAMP } from "../../src/storage/wire/protocol.ts";
import { advanceClock, blobsOf } from "../support/faults.ts";
import { indexOf } from "../support/bucket-record.ts";
import {
  deleteBucket,
  keyInShard,
  makeBucket,
  putBlob,
  query,
  runDueAlarm,
  SHARDS,
  shardNames,
  startClock,
  removalOf,
} from "../support/shards.ts";
import { contentIdOf, putStitched } from "../support/stitching.ts";
import {
  contents,
  copyAbroad,
  copyTo,
  DAY_MS,
  holdsOn,
  HOUR_MS,
  makeTwoShards,
  pass,
  sourceKey,
  targetKey,
  type TwoShards,
} from "../support/two-shards.ts";

let two: TwoShards;

beforeEach(async () => {
  startClock();
  two = await makeTwoShards();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Lets the time pass in both shards. */
const passBoth = (ms: number): Promise<void> => pass(ms, two.home, two.abroad);

describe("a copy in another shard", () => {
  test("keeps the blob when the source is gone, and gives its hold back when it goes", async () => {
    const { home, source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    const token = await copyAbroad(target, blob);
    await source.remove(removalOf(sourceKey));
    await passBoth(2 * DAY_MS);
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([blob]);
    expect(await holdsOn(blob)).toEqual([{ token, is_confirmed: 1 }]);

    await target.remove(removalOf(targetKey));
    await passBoth(2 * HOUR_MS);
    expect(await holdsOn(blob)).toEqual([]);
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([]);
  });

  test("cannot hold what is gone", async () => {
    const { source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    await source.remove(removalOf(sourceKey));
    expect(await contents.hold(blob, target.newBlobId(targetKey))).toBe(false);
    await passBoth(2 * HOUR_MS);
    expect(await contents.hold(blob, target.newBlobId(targetKey))).toBe(false);
  });

  test("that is held once more gives the first hold back, and both go by the second", async () => {
    const { home, source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    await copyAbroad(target, blob);
    const otherKey = keyInShard(SHARDS - 1, "other-");
    const second = await copyAbroad(target, blob, otherKey);
    await passBoth(0);
    expect((await holdsOn(blob)).map(({ token }) => token)).toEqual([second]);
    await source.remove(removalOf(sourceKey));
    await target.remove(removalOf(targetKey));
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([blob]);
    await target.remove(removalOf(otherKey));
    await passBoth(2 * HOUR_MS);
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([]);
  });

  test("may be told of the same hold twice", async () => {
    const { home, source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    const token = target.newBlobId(targetKey);
    expect(await contents.hold(blob, token)).toBe(true);
    expect(await contents.hold(blob, token)).toBe(true);
    expect(await copyTo(target, targetKey, blob, token)).toMatchObject({ ok: true });
    expect(await copyTo(target, targetKey, blob, token)).toMatchObject({ ok: true });
    await source.remove(removalOf(sourceKey));
    await passBoth(2 * DAY_MS);
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([blob]);
  });

  test("that waits for its end can be made again with a new hold", async () => {
    const { home, source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    await copyAbroad(target, blob);
    await target.remove(removalOf(targetKey));
    const second = await copyAbroad(target, blob);
    await passBoth(2 * HOUR_MS);
    expect((await holdsOn(blob)).map(({ token }) => token)).toEqual([second]);
    await source.remove(removalOf(sourceKey));
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([blob]);
  });
});

describe("a hold whose copy was never committed", () => {
  test("goes back at once when its gateway says so", async () => {
    const { home, source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    const token = target.newBlobId(targetKey);
    await contents.hold(blob, token);
    await contents.release(blob, token);
    await contents.release(blob, token);
    expect(await holdsOn(blob)).toEqual([]);
    await passBoth(2 * DAY_MS);
    expect(await blobsOf(home.id)).toEqual([blob]);
  });

  test("is found and dropped when it is an orphan age old", async () => {
    const { home, source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    const token = target.newBlobId(targetKey);
    await contents.hold(blob, token);
    await source.remove(removalOf(sourceKey));
    await passBoth(23 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([blob]);
    await passBoth(2 * HOUR_MS);
    expect(await holdsOn(blob)).toEqual([]);
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([]);
    const late = await copyTo(target, targetKey, blob, token);
    expect(late).toEqual({ ok: false, reason: "RequestTimeout" });
  });

  test("is dropped although it was asked about in the very millisecond in which it came of age", async () => {
    const { source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    await contents.hold(blob, target.newBlobId(targetKey));
    await passBoth(DAY_MS);
    await passBoth(DAY_MS);
    expect(await holdsOn(blob)).toEqual([]);
  });

  test("is dropped although the clock that made its token is ahead of the holder's", async () => {
    const { source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    advanceClock(10 * 60_000);
    const token = target.newBlobId(targetKey);
    advanceClock(-10 * 60_000);
    await contents.hold(blob, token);
    await passBoth(DAY_MS);
    await passBoth(HOUR_MS);
    expect(await holdsOn(blob)).toEqual([]);
  });

  test("is found although it was taken while older ones were being asked about", async () => {
    const { home, source, target } = two;
    const blob = await putBlob(source, sourceKey, "body");
    await contents.hold(blob, target.newBlobId(targetKey));
    advanceClock(DAY_MS + 1000);
    const [shard = ""] = shardNames(home.id);
    await Promise.all([
      runDueAlarm(shard),
      ...Array.from({ length: 20 }, async () => contents.hold(blob, target.newBlobId(targetKey))),
    ]);
    await passBoth(DAY_MS + 1000);
    await passBoth(DAY_MS + 1000);
    expect(await holdsOn(blob)).toEqual([]);
  });
});

test("a holder gives no hold up whose copy may be on its way still", async () => {
  const { abroad, target } = two;
  const token = target.newBlobId(targetKey);
  const holder = env.BUCKET_INDEX.getByName(shardNames(abroad.id).at(-1) ?? "");
  expect(await holder.judgeHolds(PLAIN_STAMP, [token])).toEqual({ value: { known: [], lost: [] } });
  advanceClock(DAY_MS + 1000);
  expect(await holder.judgeHolds(PLAIN_STAMP, [token])).toEqual({
    value: { known: [], lost: [token] },
  });
});

test("a hold that goes back while others are on their way is not forgotten", async () => {
  const { abroad, source, target } = two;
  const keys = Array.from({ length: 20 }, (_, i) => keyInShard(SHARDS - 1, `c${i}-`));
  const blobs: string[] = [];
  for (const [i, key] of keys.entries()) {
    const blob = await putBlob(source, keyInShard(0, `s${i}-`), "body");
    blobs.push(blob);
    await copyAbroad(target, blob, key);
  }
  const [holder = ""] = shardNames(abroad.id).slice(-1);
  // Copied anew, so that each gives its older hold back at once.
  const anew = async (i: number): Promise<void> => {
    await copyAbroad(target, blobs[i] ?? "", keys[i] ?? "");
  };
  await anew(0);
  await Promise.all([runDueAlarm(holder, 1), ...[...keys.keys()].slice(1).map(anew)]);
  await passBoth(2 * HOUR_MS);
  expect(await query(holder, "SELECT token FROM released_hold")).toEqual([]);
});

describe("buckets that go", () => {
  test("give back what they hold", async () => {
    const { home, source } = two;
    const blob = await putBlob(source, sourceKey, "body");
    const other = await makeBucket();
    const index = indexOf(other);
    const token = index.newBlobId(targetKey);
    await contents.hold(blob, token);
    await copyTo(index, targetKey, blob, token);
    await source.remove(removalOf(sourceKey));
    await index.remove(removalOf(targetKey));
    await deleteBucket(other);
    advanceClock(2 * HOUR_MS);
    for (const shard of shardNames(other.id)) await runDueAlarm(shard);
    expect(await holdsOn(blob)).toEqual([]);
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([]);
  });

  test("keep what others hold of them, and answer where its bytes are", async () => {
    const { home, source } = two;
    const { contentId, blobs } = await putStitched(source, sourceKey, 2);
    const other = await makeBucket();
    const index = indexOf(other);
    const token = index.newBlobId(targetKey);
    await contents.hold(contentId, token);
    await copyTo(index, targetKey, contentId, token, 2);
    await source.remove(removalOf(sourceKey));
    await deleteBucket(home);
    await passBoth(2 * DAY_MS);
    await passBoth(2 * DAY_MS);
    expect(await contentIdOf(index, targetKey)).toBe(contentId);
    const wanted = { content: true, range: undefined, partNumber: undefined, versionId: undefined };
    const { segments } = await contents.locate(contentId, 2 * 5 * 1024 * 1024, wanted);
    expect(segments.map(({ blobId }) => blobId)).toEqual(blobs);
    expect((await blobsOf(home.id)).toSorted()).toEqual(blobs.toSorted());
    await index.remove(removalOf(targetKey));
    advanceClock(2 * HOUR_MS);
    for (const shard of shardNames(other.id)) await runDueAlarm(shard);
    for (let i = 0; i < 3; i += 1) await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([]);
  });
});
