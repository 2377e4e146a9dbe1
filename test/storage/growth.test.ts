import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { PAUSE } from "../../src/storage/clients/key-pauses.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { WANTS_CONTENT, WANTS_HEADERS } from "../../src/storage/ports/content-index.ts";
import { PROTOCOL, stampOf } from "../../src/storage/wire/protocol.ts";
import { shardOfKey } from "../../src/storage/wire/slots.ts";
import { annotate, annotationsOf } from "../support/annotations.ts";
import { indexOf, recordOf } from "../support/bucket-record.ts";
import { copiedPart, rangeOf, readObject } from "../support/copy.ts";
import { putObject, uniqueBucket } from "../support/client.ts";
import { EventReceiver, notify, ONE, queueOf } from "../support/event-receiver.ts";
import { blobsOf } from "../support/faults.ts";
import {
  allShardNames,
  beginToGrow,
  growUp,
  moveLittle,
  moveMuch,
  rowsOf,
} from "../support/growth.ts";
import { bytesOf, completed, createUpload, PART_BYTES, putPart } from "../support/multipart.ts";
import { audit, leftovers, settleDown } from "../support/shard-census.ts";
import { crash } from "../support/shard-death.ts";
import {
  draftOf,
  makeBucket,
  putBlob,
  removalOf,
  runDueAlarm,
  SHARDS,
  startClock,
} from "../support/shards.ts";
import {
  get,
  listVersions,
  putVersion,
  remove,
  setVersioning,
  versionedBucket,
} from "../support/versions.ts";

const receiver = new EventReceiver();
beforeAll(() => receiver.listen());
afterAll(() => void vi.unstubAllGlobals());

let bucket: BucketRecord;

beforeEach(async () => {
  startClock();
  bucket = await makeBucket();
});

afterEach(() => {
  moveMuch();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A key that moves from shard 0 when the bucket grows to twice as many. */
function movingKey(salt: string): string {
  for (let i = 0; ; i += 1) {
    const key = `${salt}-${i}`;
    if (shardOfKey(key, SHARDS) === 0 && shardOfKey(key, 2 * SHARDS) === SHARDS) return key;
  }
}

async function putInline(of: BucketRecord, key: string, text = key): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  const draft = draftOf({ kind: "inline", bytes }, bytes.byteLength);
  expect(await indexOf(of).commit(key, draft, NO_CONDITIONS)).toMatchObject({ ok: true });
}

async function textOf(of: BucketRecord, key: string): Promise<string | undefined> {
  const found = await indexOf(of).readContent(key, WANTS_CONTENT);
  if (found?.kind !== "object") return undefined;
  const { content } = found;
  return content.kind === "inline" ? new TextDecoder().decode(content.bytes) : content.kind;
}

/** All keys, page after page. */
async function keysIn(of: BucketRecord, limit = 1000): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const after = keys.at(-1) ?? "";
    const { entries, isTruncated } = await indexOf(of).list({
      prefix: "",
      delimiter: "",
      after,
      limit,
    });
    for (const entry of entries)
      keys.push(entry.kind === "object" ? entry.object.key : entry.prefix);
    if (!isTruncated) return keys;
  }
}

const KEYS = Array.from({ length: 60 }, (_, i) => `key-${String(i).padStart(3, "0")}`);

const putAll = (): Promise<unknown> => Promise.all(KEYS.map((key) => putInline(bucket, key)));

test("a bucket that has grown has every key, in the shard of its slot", async () => {
  await putAll();
  const growing = await beginToGrow(bucket, 2 * SHARDS);
  const grown = await growUp(growing);
  expect(grown).toMatchObject({ shardCount: 2 * SHARDS, growth: { epoch: 1 } });
  const expected = Array.from(
    { length: 2 * SHARDS },
    (_, shard) => KEYS.filter((key) => shardOfKey(key, 2 * SHARDS) === shard).length,
  );
  expect(await rowsOf(grown, "object")).toEqual(expected);
  expect(await rowsOf(grown, "inline_body")).toEqual(expected);
});

test("a bucket grows to several times as many shards at once, and once more", async () => {
  await putAll();
  const grown = await growUp(await beginToGrow(bucket, 4 * SHARDS));
  await putInline(grown, "later");
  const again = await growUp(await beginToGrow(grown, 8 * SHARDS));
  expect(again).toMatchObject({ shardCount: 8 * SHARDS, growth: { epoch: 2 } });
  for (const known of [bucket, grown, again])
    expect(await keysIn(known)).toEqual([...KEYS, "later"]);
});

test("gateways that know nothing of a growth, something, or all of it do the same", async () => {
  await putAll();
  const growing = await beginToGrow(bucket, 4 * SHARDS);
  const grown = await growUp(growing);
  for (const [i, known] of [bucket, growing, grown].entries()) {
    await putInline(known, `key-00${i}`, "new");
    await putBlob(indexOf(known), `key-01${i}`, "blob");
    expect(await indexOf(known).remove(removalOf(`key-02${i}`))).toMatchObject({ ok: true });
    expect(await textOf(grown, `key-00${i}`)).toBe("new");
    expect(await textOf(grown, `key-01${i}`)).toBe("blob");
    expect(await textOf(grown, `key-02${i}`)).toBe(undefined);
    const many = KEYS.slice(30 + 5 * i, 35 + 5 * i).map(removalOf);
    for (const outcome of await indexOf(known).removeMany(many))
      expect(outcome).toMatchObject({ ok: true });
  }
});

test("a listing misses no key and tells none twice, whatever moves between its pages", async () => {
  const keys = KEYS.slice(0, 16);
  await Promise.all(keys.map((key) => putInline(bucket, key)));
  moveLittle();
  const growing = await beginToGrow(bucket, 2 * SHARDS);
  for (let steps = 0; steps < 1000; steps += 1) {
    for (const known of [bucket, growing]) expect(await keysIn(known, 5)).toEqual(keys);
    if ((await recordOf(bucket.name)).growth?.to === undefined) break;
    for (const shard of allShardNames(growing)) await runDueAlarm(shard, 1);
  }
  expect(await recordOf(bucket.name)).toMatchObject({ shardCount: 2 * SHARDS });
});

test("what is written to a key that is under way waits until it has arrived", async () => {
  const key = movingKey("key");
  await putInline(bucket, key, "old");
  const growing = await beginToGrow(bucket, 2 * SHARDS);
  await runInDurableObject(env.BUCKET_INDEX.getByName(`${bucket.id}/0`), (_, { storage }) => {
    storage.sql.exec("UPDATE growth SET under_way_up_to = ?", key);
  });
  await crash(`${bucket.id}/0`);
  // Nobody has written to it: it can be read.
  expect(await textOf(growing, key)).toBe("old");
  const pauses = vi
    .spyOn(PAUSE, "for")
    .mockImplementation(async () => void (await growUp(growing)));
  await putInline(growing, key, "new");
  expect(pauses).toHaveBeenCalledTimes(1);
  expect(await textOf(growing, key)).toBe("new");
  expect(await rowsOf(growing, "object")).toEqual(
    Array.from({ length: 2 * SHARDS }, (_, shard) => Number(shard === SHARDS)),
  );
});

test("a blob that was named before its key moved is held where it was named", async () => {
  const key = movingKey("key");
  const index = indexOf(bucket);
  const blobId = index.newBlobId(key);
  await env.BLOBS.put(blobId, "body");
  const grown = await growUp(await beginToGrow(bucket, 2 * SHARDS));
  const draft = draftOf({ kind: "blob", blobId, sizeBytes: 4 }, 4);
  expect(await index.commit(key, draft, NO_CONDITIONS)).toMatchObject({ ok: true });
  await settleDown([grown]);
  expect(await audit([grown])).toEqual([]);
  expect(await blobsOf(bucket.id)).toEqual([blobId]);
  await indexOf(grown).remove(removalOf(key));
  await settleDown([grown]);
  expect(await blobsOf(bucket.id)).toEqual([]);
});

test("the code of before is not let into a bucket that grows", async () => {
  const growing = await beginToGrow(bucket, 2 * SHARDS);
  const shard = env.BUCKET_INDEX.getByName(`${bucket.id}/0`);
  const stamp = stampOf(growing.gateway.revision, PROTOCOL);
  expect(await shard.read(stamp, 0, "key", WANTS_HEADERS)).toHaveProperty("unknownProtocol");
});

describe("what moves with a key", () => {
  async function grownUp(name: string): Promise<void> {
    await growUp(await beginToGrow(await recordOf(name), 2 * SHARDS));
  }

  test("versions under their ids, delete markers, and annotations", async () => {
    const name = await uniqueBucket();
    const key = movingKey("key");
    await putObject(name, key, "null");
    await setVersioning(name, "Enabled");
    const first = await putVersion(name, key, "first");
    await annotate(`${name}/${key}`, "note");
    await remove(name, key);
    const last = await putVersion(name, key, "last");
    moveLittle();
    await grownUp(name);
    const later = await putVersion(name, key, "later");
    for (const [id, text] of [
      ["null", "null"],
      [first, "first"],
      [last, "last"],
      [later, "later"],
    ] as const)
      expect(await (await get(name, key, id)).text()).toBe(text);
    const { entries } = await indexOf(await recordOf(name)).listVersions({
      prefix: "",
      delimiter: "",
      afterKey: "",
      afterVersionId: undefined,
      limit: 1000,
    });
    const listed = entries.map((entry) => (entry.kind === "version" ? entry.version : undefined));
    expect(listed.map((version) => version?.isLatest)).toEqual([true, false, false, false, false]);
    expect(listed.map((version) => version?.isMarker)).toEqual([false, false, true, false, false]);
    await remove(name, key, later);
    await remove(name, key, last);
    await remove(name, key, listed[2]?.versionId);
    expect(await annotationsOf(`${name}/${key}`)).toEqual(["note"]);
  });

  test("uploads that go on, their parts, and what a completion was answered", async () => {
    const name = await uniqueBucket();
    const [source, key, done] = [movingKey("source"), movingKey("upload"), movingKey("done")];
    await putObject(name, source, bytesOf(PART_BYTES, 1));
    const doneId = await createUpload(name, done);
    const doneParts = [await putPart(name, done, doneId, 1, "done")];
    const answered = await completed(name, done, doneId, doneParts);
    const uploadId = await createUpload(name, key);
    const whole = await putPart(name, key, uploadId, 1, bytesOf(PART_BYTES, 2));
    const range = rangeOf(0, PART_BYTES - 1);
    const copied = await copiedPart(`${name}/${source}`, `${name}/${key}`, uploadId, 2, range);
    moveLittle();
    await grownUp(name);
    expect(await completed(name, done, doneId, doneParts)).toBe(answered);
    const last = await putPart(name, key, uploadId, 3, "end");
    await completed(name, key, uploadId, [whole, copied, last]);
    const text = await readObject(`${name}/${key}`);
    expect(text.length).toBe(2 * PART_BYTES + 3);
    expect(text.slice(PART_BYTES - 1, PART_BYTES + 1)).toBe("\u0002\u0001");
    expect(text.endsWith("\u0001end")).toBe(true);
    const record = await recordOf(name);
    await settleDown([record]);
    expect(await audit([record])).toEqual([]);
  });

  test("that a multipart upload chose the version's id, and nothing that stays when all is deleted", async () => {
    const name = await versionedBucket();
    const key = movingKey("key");
    const uploadId = await createUpload(name, key);
    await completed(name, key, uploadId, [await putPart(name, key, uploadId, 1, "body")]);
    await grownUp(name);
    const record = await recordOf(name);
    const { versions } = await listVersions(name);
    await remove(name, key, versions[0]?.id);
    await settleDown([record]);
    expect(await leftovers([record])).toEqual([]);
  });

  test("that ids of versions may be of another bucket's making, even when none is left", async () => {
    await putInline(bucket, movingKey("key"));
    await runInDurableObject(env.BUCKET_INDEX.getByName(`${bucket.id}/0`), (_, { storage }) => {
      storage.sql.exec("INSERT INTO foreign_ids (id) VALUES (0)");
    });
    const grown = await growUp(await beginToGrow(bucket, 2 * SHARDS));
    expect((await rowsOf(grown, "foreign_ids"))[SHARDS]).toBe(1);
  });

  test("events that nobody has taken yet, in their order", async () => {
    const name = await uniqueBucket();
    await notify(name, queueOf(ONE, ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]));
    const key = movingKey("key");
    await putObject(name, key, "1");
    await remove(name, key);
    await beginToGrow(await recordOf(name), 2 * SHARDS);
    await putObject(name, key, "2");
    receiver.answer = () => new Response("no", { status: 503 });
    await growUp(await recordOf(name));
    await remove(name, key);
    expect((await rowsOf(await recordOf(name), "outbox"))[SHARDS]).toBe(4);
    receiver.answer = () => new Response(null, { status: 204 });
    await settleDown([await recordOf(name)]);
    const told = receiver.recordsOf(name).map(({ eventName }) => eventName.split(":")[1]);
    expect(told).toEqual(["Put", "Delete", "Put", "Delete"]);
  });
});
