import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { QUEUE_SENDER } from "../../src/storage/events/queue-sender.ts";
import { ShardState } from "../../src/storage/bucket-shard/shard-state.ts";
import { putObject, signedFetch } from "../support/client.ts";
import { EventReceiver, ONE, QUEUE, queueOf, TWO } from "../support/event-receiver.ts";
import { advanceClock } from "../support/faults.ts";
import { notifying, told, waiting } from "../support/notifying-bucket.ts";
import { query, runDueAlarm, startClock } from "../support/shards.ts";
import { remove } from "../support/versions.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const receiver = new EventReceiver();
beforeAll(() => {
  receiver.listen();
  startClock();
});
beforeEach(() => {
  receiver.posts.length = 0;
  receiver.answer = taken;
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function taken(): Response {
  return new Response(null, { status: 204 });
}

function refused(): Response {
  return new Response("no", { status: 503 });
}

test("a target that fails gets each key's events later, in their order, and other keys' meanwhile", async () => {
  const world = await notifying();
  const [bad, good] = [world.key("bad"), world.key("good")];
  receiver.answer = ({ body }) => (body.includes(bad) ? refused() : taken());
  await putObject(world.bucket, bad, "1");
  await putObject(world.bucket, good, "1");
  await remove(world.bucket, bad);
  await putObject(world.bucket, good, "2");
  await runDueAlarm(world.shard);
  expect(told(receiver, world)).toEqual([`Put ${good}`, `Put ${good}`]);
  expect(await waiting(world)).toEqual([
    { key: bad, attempts: 1 },
    { key: bad, attempts: 0 },
  ]);
  receiver.answer = taken;
  // Not before its time.
  await runDueAlarm(world.shard);
  expect(told(receiver, world)).toHaveLength(2);
  advanceClock(1500);
  await runDueAlarm(world.shard);
  expect(told(receiver, world).slice(2)).toEqual([`Put ${bad}`, `Delete ${bad}`]);
  expect(await waiting(world)).toEqual([]);
});

test("a target that is dead gets one event a minute, whatever is written", async () => {
  const world = await notifying();
  let asked = 0;
  receiver.answer = () => {
    asked += 1;
    return refused();
  };
  for (let i = 0; i < 8; i += 1) await putObject(world.bucket, world.key(`k${i}`), "");
  await runDueAlarm(world.shard);
  const before = asked;
  expect(before).toBeGreaterThanOrEqual(5);
  expect(before).toBeLessThanOrEqual(8);
  for (let i = 0; i < 3; i += 1) {
    await putObject(world.bucket, world.key(`later${i}`), "");
    expect(await runDueAlarm(world.shard)).toBe(0);
  }
  advanceClock(MINUTE_MS);
  await runDueAlarm(world.shard);
  expect(asked).toBe(before + 1);
  receiver.answer = taken;
  advanceClock(MINUTE_MS);
  await runDueAlarm(world.shard);
  advanceClock(MINUTE_MS);
  await runDueAlarm(world.shard);
  expect(told(receiver, world).sort()).toHaveLength(11);
  expect(await query(world.shard, "SELECT * FROM outbox_target")).toEqual([]);
});

test("a target that is gone (410) is not asked again soon", async () => {
  const world = await notifying();
  receiver.answer = () => new Response(null, { status: 410 });
  await putObject(world.bucket, world.key("k"), "");
  await runDueAlarm(world.shard);
  expect(await query(world.shard, "SELECT failures FROM outbox_target")).toEqual([{ failures: 5 }]);
});

test("one dead target does not hold up another", async () => {
  const world = await notifying(
    queueOf(ONE, ["s3:ObjectCreated:*"]) + queueOf(TWO, ["s3:ObjectRemoved:*"]),
  );
  receiver.answer = ({ url }) => (url.includes("one") ? refused() : taken());
  const key = world.key("k");
  for (let i = 0; i < 3; i += 1) {
    await putObject(world.bucket, key, "");
    await remove(world.bucket, key);
    await runDueAlarm(world.shard);
  }
  expect(told(receiver, world)).toEqual([`Delete ${key}`, `Delete ${key}`, `Delete ${key}`]);
});

test("what cannot be delivered for a day is a dead letter, which may be delivered once more", async () => {
  const world = await notifying();
  const [first, second] = [world.key("first"), world.key("second")];
  receiver.answer = refused;
  await putObject(world.bucket, first, "");
  await putObject(world.bucket, second, "");
  await runDueAlarm(world.shard);
  advanceClock(DAY_MS);
  await runDueAlarm(world.shard);
  expect(await waiting(world)).toEqual([]);
  const path = `/_ledge/buckets/${world.bucket}/dead-letters`;
  const read = async (): Promise<{
    deadLetters: { target: string; reason: string; record: object }[];
  }> => (await signedFetch("GET", path)).json();
  const { deadLetters } = await read();
  expect(deadLetters).toHaveLength(2);
  expect(deadLetters[0]).toMatchObject({
    target: ONE,
    reason: "answered 503",
    record: { eventName: "ObjectCreated:Put", s3: { bucket: { name: world.bucket } } },
  });
  receiver.answer = taken;
  expect(await (await signedFetch("POST", `${path}/redrive`)).json()).toEqual({ redriven: 2 });
  await runDueAlarm(world.shard);
  expect(told(receiver, world).sort()).toEqual([`Put ${first}`, `Put ${second}`].sort());
  expect(await read()).toEqual({ deadLetters: [] });
  expect((await signedFetch("GET", "/_ledge/buckets/no-such-bucket/dead-letters")).status).toBe(
    404,
  );
});

test("a queue takes events, with AWS's records", async () => {
  const world = await notifying(queueOf(QUEUE, ["s3:ObjectCreated:*"]));
  await putObject(world.bucket, world.key("k"), "");
  expect(await waiting(world)).toHaveLength(1);
  await runDueAlarm(world.shard);
  expect(await waiting(world)).toEqual([]);
  const sent: unknown[] = [];
  const queue = { sendBatch: async (messages: unknown) => void sent.push(messages) };
  const target = { kind: "queue", queue: queue as unknown as Queue } as const;
  const body = QUEUE_SENDER.bodyOf(target, '{"eventName":"x"}');
  const message = { key: "k", id: "1", body };
  expect(await QUEUE_SENDER.send(target, [message, message], 0)).toEqual([
    { ok: true },
    { ok: true },
  ]);
  const taken = { body: { Records: [{ eventName: "x" }] }, contentType: "json" };
  expect(sent).toEqual([[taken, taken]]);
});

test("an effect that is refused tells of nothing, nor does one that no configuration wants", async () => {
  const world = await notifying(queueOf(ONE, ["s3:ObjectRemoved:*"]));
  const key = world.key("k");
  await putObject(world.bucket, key, "");
  await signedFetch("PUT", `/${world.bucket}/${key}`, {
    body: "",
    headers: { "if-none-match": "*" },
  });
  await signedFetch("DELETE", `/${world.bucket}/${key}`, { headers: { "if-match": '"other"' } });
  await remove(world.bucket, world.key("missing"));
  expect(await waiting(world)).toEqual([]);
});

test("what was delivered when the shard died before it knew is delivered again", async () => {
  const world = await notifying();
  await putObject(world.bucket, world.key("k"), "");
  const rows = await query(world.shard, "SELECT * FROM outbox");
  await runDueAlarm(world.shard);
  await runInDurableObject(env.BUCKET_INDEX.getByName(world.shard), (_, { storage }) => {
    for (const row of rows)
      storage.sql.exec(
        "INSERT INTO outbox (target, id, key, emitted_ms, attempts, record) VALUES (?, ?, ?, ?, 0, ?)",
        ...["target", "id", "key", "emitted_ms", "record"].map((name) => row[name]),
      );
  });
  await putObject(world.bucket, world.key("k"), "");
  await runDueAlarm(world.shard);
  expect(told(receiver, world)).toHaveLength(3);
});

test("every key's events come in the order of its effects, whenever the target fails", async () => {
  const world = await notifying();
  const keys = ["a", "b", "c"].map(world.key);
  const expected = new Map<string, string[]>(keys.map((key) => [key, []]));
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 40; round += 1) {
    receiver.answer = () => (random(3) === 0 ? refused() : taken());
    const key = keys[random(3)] ?? "";
    const etag = (await putObject(world.bucket, key, `body ${round}`)).headers.get("etag") ?? "";
    expected.get(key)?.push(etag.replaceAll('"', ""));
    if (random(2) === 0) await runDueAlarm(world.shard);
    advanceClock(random(5000));
  }
  receiver.answer = taken;
  for (let i = 0; i < 20 && (await waiting(world)).length > 0; i += 1) {
    advanceClock(20 * MINUTE_MS);
    await runDueAlarm(world.shard);
  }
  for (const key of keys) {
    const records = receiver.recordsOf(world.bucket).filter(({ s3 }) => s3.object["key"] === key);
    expect(records.map(({ s3 }) => s3.object["eTag"])).toEqual(expected.get(key));
  }
});

test("no sequence number is given twice after a crash, however many one effect took", async () => {
  await runInDurableObject(env.BUCKET_INDEX.getByName("many-sequences/0"), (_, { storage }) => {
    const state = new ShardState(storage.sql, undefined);
    state.reserveSequences(1);
    let last = 0;
    for (let i = 0; i < 2500; i += 1) last = state.takeSequence();
    expect(new ShardState(storage.sql, undefined).takeSequence()).toBeGreaterThan(last);
  });
});
