import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { EventListener } from "../../src/domain/event-listener.ts";
import { eventStream } from "../../src/operations/events/event-stream.ts";
import type { EventListening } from "../../src/storage/ports/event-listening.ts";
import { app } from "../../src/http/app.ts";
import { Listeners } from "../../src/storage/bucket-shard/outbox/listeners.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { recordOf } from "../support/bucket-record.ts";
import {
  expectError,
  putObject,
  signedFetch,
  signRequest,
  uniqueBucket,
} from "../support/client.ts";
import { EventStream } from "../support/event-stream.ts";
import { bucketIdOf, faultyEnv } from "../support/faults.ts";
import { allowedForm, formBody, sendForm } from "../support/form.ts";
import { beginToGrow, growUp } from "../support/growth.ts";
import { query } from "../support/shards.ts";
import { remove } from "../support/versions.ts";

interface Line {
  readonly Records: readonly {
    readonly eventName: string;
    readonly userIdentity: { readonly principalId: string };
    readonly s3: {
      readonly bucket: { readonly name: string };
      readonly object: { readonly key: string };
    };
  }[];
}

async function listen(
  bucket: string,
  query: Readonly<Record<string, string>>,
): Promise<EventStream> {
  const response = await signedFetch("GET", `/${bucket}`, { query });
  expect(response.status, response.status === 200 ? "" : await response.text()).toBe(200);
  return new EventStream(response);
}

function linesOf(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines
    .flatMap((line) => (JSON.parse(line) as Line).Records)
    .map(({ eventName, s3 }) => `${eventName} ${s3.object.key}`);
}

function hasLines(count: number): (text: string) => boolean {
  return (text) => text.split("\n").length > count;
}

test("MinIO's listener hears what it asks for, from all shards, and nothing is stored", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "in/before.txt", "x");
  const stream = await listen(bucket, {
    events: "s3:ObjectCreated:*",
    prefix: "in/",
    suffix: ".txt",
    ping: "10",
  });
  await stream.until((text) => text.startsWith(" "));
  const keys = Array.from({ length: 8 }, (_, i) => `in/${i}.txt`);
  for (const key of [...keys, "out/a.txt", "in/a.jpg"]) await putObject(bucket, key, "x");
  await remove(bucket, "in/0.txt");
  const form = formBody(allowedForm(bucket, [["key", "in/form.txt"]]), { file: "form" });
  await sendForm(bucket, form);
  const text = await stream.until(hasLines(9));
  expect(linesOf(text).toSorted()).toEqual(
    [...keys.map((key) => `ObjectCreated:Put ${key}`), "ObjectCreated:Post in/form.txt"].toSorted(),
  );
  const [first] = text.trim().split("\n");
  const { Records } = JSON.parse(first ?? "") as Line;
  expect(Records[0]?.userIdentity).toEqual({ principalId: "000000000000" });
  expect(Records[0]?.s3.bucket).toMatchObject({ name: bucket });
  expect(await query(`${await bucketIdOf(bucket)}/0`, "SELECT * FROM outbox")).toEqual([]);
  await stream.leave();
});

test("Server-Sent Events are records, one after another, and of all events", async () => {
  const bucket = await uniqueBucket();
  const response = await signedFetch("GET", "/_ledge/events", { query: { bucket } });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const stream = new EventStream(response);
  await putObject(bucket, "k", "x");
  await remove(bucket, "k");
  const text = await stream.until((text) => text.split("data: ").length > 2);
  const data = text.split("\n").filter((line) => line.startsWith("data: "));
  const names = data.map((line) => (JSON.parse(line.slice(6)) as { eventName: string }).eventName);
  expect(names).toEqual(["ObjectCreated:Put", "ObjectRemoved:Delete"]);
  await stream.leave();
});

test("an effect that failed is told to nobody", async () => {
  const bucket = await uniqueBucket();
  const stream = await listen(bucket, { events: "s3:ObjectCreated:*" });
  await putObject(bucket, "k", "x");
  const refused = await signedFetch("PUT", `/${bucket}/k`, {
    body: "y",
    headers: { "if-none-match": "*" },
  });
  expect(refused.status).toBe(412);
  await putObject(bucket, "k", "z");
  expect(linesOf(await stream.until(hasLines(2)))).toHaveLength(2);
  await stream.leave();
});

test("who may no longer listen hears nothing more", async () => {
  const bucket = await uniqueBucket();
  const of = (Effect: "Allow" | "Deny") => ({
    ...{ Effect, Action: ["s3:GetBucketNotification", "s3:ListBucket"], on: [""] },
  });
  const path = `/${bucket}?events=s3:ObjectCreated:*`;
  const anonymous = async (): Promise<Response> =>
    app.fetch(new Request(`http://127.0.0.1:8787${path}`), env, createExecutionContext());
  await expectError(await anonymous(), 403, "AccessDenied");
  await putPolicy(bucket, of("Allow"));
  const stream = new EventStream(await anonymous());
  await putObject(bucket, "k", "x");
  await stream.until(hasLines(1));
  await putPolicy(bucket, of("Deny"));
  await putObject(bucket, "k", "secret");
  const text = await stream.toTheEnd();
  expect(text).toMatch(/\(end\)$/);
  expect(linesOf(text.replace("(end)", ""))).toEqual(["ObjectCreated:Put k"]);
});

test.for<[name: string, query: Readonly<Record<string, string>>]>([
  ["an unknown event", { events: "s3:Nothing:*" }],
  ["a long prefix", { events: "s3:ObjectCreated:*", prefix: "x".repeat(1025) }],
  ["no number of seconds", { events: "s3:ObjectCreated:*", ping: "often" }],
])("refused: %s", async ([, query]) => {
  const bucket = await uniqueBucket();
  await expectError(await signedFetch("GET", `/${bucket}`, { query }), 400, "InvalidArgument");
});

test("MinIO's own events are taken, and never happen", async () => {
  const bucket = await uniqueBucket();
  const stream = await listen(bucket, { events: "s3:ObjectAccessed:*" });
  expect(await stream.until((text) => text !== "")).toBe(" ");
  await stream.leave();
});

test("a deployment that lets nobody listen says so by name, and of no bucket there is NoSuchBucket", async () => {
  const bucket = await uniqueBucket();
  const query = { events: "s3:ObjectCreated:*" };
  const request = await signRequest("GET", `/${bucket}`, { query });
  const off = await app.fetch(request, faultyEnv({ LISTEN: "false" }), createExecutionContext());
  expect(await expectError(off, 501, "NotImplemented")).toContain("ListenBucketNotification");
  const missing = { query: { bucket: "no-such-bucket" } };
  await expectError(await signedFetch("GET", "/_ledge/events", missing), 404, "NoSuchBucket");
});

test("a listener that comes back late is told that it is behind, and memory has an end", async () => {
  const bucket = { name: "b", region: "us-east-1", ownerId: "" };
  const filter = { events: ["ObjectCreated:Put"], prefix: "", suffix: "" };
  const listeners = new Listeners(0, undefined);
  const take = (after: number | undefined, nowMs = 0) =>
    listeners.take(bucket, filter, after, 0, nowMs);
  const event = (key: string, record = "{}") => ({
    ...{ name: "ObjectCreated:Put", key, record, line: undefined },
  });
  const { after } = await take(undefined);
  for (let i = 0; i < 1500; i += 1) listeners.tell([event(`k${i}`)]);
  const first = await take(after);
  expect(first).toMatchObject({ isBehind: true });
  expect(first.records).toHaveLength(100);
  expect(await take(first.after)).toMatchObject({ isBehind: false });
  for (let i = 0; i < 5; i += 1) listeners.tell([event("k", "x".repeat(400_000))]);
  // One at least, and no more of what is long than somebody who does not read may hold.
  const long = await take(first.after);
  expect(long.records).toHaveLength(1);
  expect((await take(long.after)).records).toHaveLength(1);
  // After half a minute without a call nobody listens.
  expect(listeners.listening(31_000)).toBeUndefined();
  expect((await take(first.after, 31_000)).records).toEqual([]);
});

test("of a bucket with many shards one page is held, and what is not read yet comes later", async () => {
  let told = 0;
  let held = 0;
  const counts = new Map<number, number>();
  const index: EventListening = {
    async takeEvents(shard, _filter, after, waitMs) {
      const count = counts.get(shard) ?? 0;
      if (after === undefined) return { after: 0, records: [], isBehind: false };
      if (after === count) await new Promise((resolve) => setTimeout(resolve, waitMs).unref?.());
      told += 1;
      return { after: count, records: [`${shard}`], isBehind: false };
    },
  };
  for (let shard = 0; shard < 16; shard += 1) counts.set(shard, 1);
  const filter = { events: ["ObjectCreated:Put"], prefix: "", suffix: "" };
  const listener = await EventListener.begin(index, 16, filter);
  await vi.waitFor(() => expect(told).toBe(16));
  const heard: string[] = [];
  while (heard.length < 16) {
    const next = await listener.next(1000, new AbortController().signal);
    held += 1;
    heard.push(...(next?.records ?? []));
  }
  expect(new Set(heard).size).toBe(16);
  // All but the first have been asked once more: their pages were nowhere in between.
  expect(told).toBeGreaterThan(16);
  expect(held).toBeGreaterThan(16);
});

test("who listens has to come anew after a quarter of an hour", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const never = new Promise<never>(() => undefined);
    const index: EventListening = {
      takeEvents: async (_shard, _filter, after) =>
        after === undefined ? { after: 0, records: [], isBehind: false } : never,
    };
    const filter = { events: ["ObjectCreated:Put"], prefix: "", suffix: "" };
    const listener = await EventListener.begin(index, 1, filter);
    const format = { contentType: "", ping: ".", textOf: () => "" };
    let isLeft = false;
    const body = eventStream(listener, format, 60_000, undefined, () => (isLeft = true));
    const ended = new EventStream(new Response(body)).toTheEnd();
    await vi.advanceTimersByTimeAsync(14 * 60_000);
    expect(isLeft).toBe(false);
    await vi.advanceTimersByTimeAsync(60_001);
    expect(await ended).toMatch(/^\.+\(end\)$/);
    expect(isLeft).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test("a shard that nobody listens to keeps nothing", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x");
  const shard = env.BUCKET_INDEX.getByName(`${await bucketIdOf(bucket)}/0`);
  const heard = await runInDurableObject(shard, (instance) =>
    instance.takeEvents(
      2 * 2 ** 40,
      0,
      { name: "", region: "", ownerId: "" },
      ...([{ events: ["ObjectCreated:Put"], prefix: "", suffix: "" }, 0, 0] as const),
    ),
  );
  expect(heard).toMatchObject({ value: { records: [] } });
});

test("who listens hears what happens in shards that the bucket gets meanwhile, after a gap", async () => {
  const bucket = await uniqueBucket();
  const response = await signedFetch("GET", "/_ledge/events", { query: { bucket } });
  const stream = new EventStream(response);
  const before = await recordOf(bucket);
  await beginToGrow(before, 4 * before.shardCount);
  // One of each new shard.
  await stream.until((text) => text.split("event: gap").length > 3 * before.shardCount);
  await growUp(before);
  const late = new EventStream(await signedFetch("GET", "/_ledge/events", { query: { bucket } }));
  const keys = Array.from({ length: 24 }, (_, i) => `key-${i}`);
  for (const key of keys) await putObject(bucket, key, "x");
  for (const each of [stream, late]) {
    const text = await each.until((text) => text.split('data: {"').length > keys.length);
    const heard = [...text.matchAll(/"key":"(key-\d+)"/g)].map(([, key = ""]) => key);
    expect(heard.toSorted()).toEqual(keys.toSorted());
    await each.leave();
  }
});
