import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { ShardRoom } from "../../src/storage/bucket-shard/shard-room.ts";
import { annotate } from "../support/annotations.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { notify, ONE, queueOf } from "../support/event-receiver.ts";
import {
  advanceClock,
  blobsOf,
  bucketIdOf,
  envWithShards,
  faultyFetch,
} from "../support/faults.ts";
import { createUpload, putPart } from "../support/multipart.ts";
import { query, shardNames, startClock } from "../support/shards.ts";
import { putVersion, versionedBucket } from "../support/versions.ts";

const KEY = "k";

/** The methods of a shard that a client's request calls. */
const METHODS = [
  ...["append", "abortUpload", "change", "changeAnnotation", "commit", "completeUpload"],
  ...["createUpload", "findUpload", "listParts", "putPart", "read", "remove", "rename"],
];

/** Calls a shard that has just started, and is full. */
function callFull(
  shard: DurableObjectStub<BucketIndexObject>,
  method: string,
  given: readonly unknown[],
): Promise<unknown> {
  return runInDurableObject(shard, (_, state) => {
    const started = new BucketIndexObject(state, { ...env, SHARD_LIMIT_BYTES: "1" });
    return Reflect.apply(Reflect.get(started, method), started, given);
  });
}

/** An environment whose shards are full. */
const full = envWithShards((shard) =>
  Object.fromEntries(
    METHODS.map((method) => [method, (...given: unknown[]) => callFull(shard, method, given)]),
  ),
);

beforeEach(startClock);

afterEach(() => {
  vi.useRealTimers();
});

interface Addition {
  readonly name: string;
  readonly send: (bucket: string, uploadId: string) => Promise<Response>;
}

const path = (bucket: string): string => `/${bucket}/${KEY}`;

const TAGS = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";

test.for<Addition>([
  {
    name: "PutObject, inline,",
    send: (bucket) => faultyFetch(full, "PUT", path(bucket), { body: "more" }),
  },
  {
    name: "PutObject, of a blob,",
    send: (bucket) => faultyFetch(full, "PUT", path(bucket), { body: "m".repeat(20_000) }),
  },
  {
    name: "PutObject that appends",
    send: (bucket) =>
      faultyFetch(full, "PUT", path(bucket), {
        body: "more",
        headers: { "x-amz-write-offset-bytes": "4" },
      }),
  },
  {
    name: "CopyObject",
    send: (bucket) =>
      faultyFetch(full, "PUT", path(bucket), {
        headers: { "x-amz-copy-source": `${bucket}/${KEY}`, "x-amz-metadata-directive": "REPLACE" },
      }),
  },
  {
    name: "PutObjectTagging",
    send: (bucket) =>
      faultyFetch(full, "PUT", path(bucket), { query: { tagging: "" }, body: TAGS }),
  },
  {
    name: "CreateMultipartUpload",
    send: (bucket) => faultyFetch(full, "POST", path(bucket), { query: { uploads: "" } }),
  },
  {
    name: "UploadPart",
    send: (bucket, uploadId) =>
      faultyFetch(full, "PUT", path(bucket), {
        query: { uploadId, partNumber: "2" },
        body: "part",
      }),
  },
])("$name to a full shard is SlowDown, and leaves nothing", async ({ send }) => {
  const bucket = await uniqueBucket();
  const id = await bucketIdOf(bucket);
  await putObject(bucket, KEY, "body");
  const uploadId = await createUpload(bucket, KEY);
  await putPart(bucket, KEY, uploadId, 1, "part");
  const before = await stored(id);
  const document = await expectError(await send(bucket, uploadId), 503, "SlowDown");
  expect(document).toContain("no room for more data");
  expect(await stored(id)).toEqual(before);
});

async function stored(bucketId: string): Promise<unknown> {
  const tables = ["object", "version", "inline_body", "upload", "part", "content", "annotation"];
  const rows = shardNames(bucketId).flatMap((shard) =>
    tables.map((table) => query(shard, `SELECT * FROM ${table}`)),
  );
  return [await blobsOf(bucketId), await Promise.all(rows)];
}

test("a full shard is read from, and emptied", async () => {
  const bucket = await uniqueBucket();
  const id = await bucketIdOf(bucket);
  await putObject(bucket, KEY, "b".repeat(20_000));
  await annotate(`${bucket}/${KEY}`, "note");
  const uploadId = await createUpload(bucket, KEY);
  await putPart(bucket, KEY, uploadId, 1, "part");
  expect((await faultyFetch(full, "GET", path(bucket))).status).toBe(200);
  for (const asked of [{ annotation: "", annotationName: "note" }, { uploadId }, {}]) {
    const response = await faultyFetch(full, "DELETE", path(bucket), { query: asked });
    expect(response.status, await response.text()).toBe(204);
  }
  advanceClock(2 * 3_600_000);
  for (const name of shardNames(id)) await callFull(env.BUCKET_INDEX.getByName(name), "alarm", []);
  expect(await blobsOf(id)).toEqual([]);
  expect((await signedFetch("DELETE", `/${bucket}`)).status).toBe(204);
});

describe("a shard that is full beyond its limit", () => {
  test("makes no delete marker, and removes versions for good", async () => {
    const bucket = await versionedBucket();
    const id = await bucketIdOf(bucket);
    const versionId = await putVersion(bucket, KEY, "body");
    const other = await putVersion(bucket, "other", "body");
    const before = await stored(id);
    const marker = await faultyFetch(full, "DELETE", path(bucket));
    expect(await expectError(marker, 503, "SlowDown")).toContain("versions by their ids");
    expect(await stored(id)).toEqual(before);

    const removed = await faultyFetch(full, "DELETE", path(bucket), { query: { versionId } });
    expect(removed.status, await removed.text()).toBe(204);
    const body = `<Delete><Object><Key>other</Key></Object><Object><Key>other</Key><VersionId>${other}</VersionId></Object></Delete>`;
    const batch = await faultyFetch(full, "POST", `/${bucket}`, { query: { delete: "" }, body });
    const document = await batch.text();
    expect(elements(document, "Code")).toEqual(["SlowDown"]);
    expect(document).toContain(
      `<Deleted><Key>other</Key><VersionId>${other}</VersionId></Deleted>`,
    );
  });

  test("deletes what somebody is to be told of, and tells nobody", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, KEY, "x");
    await notify(bucket, queueOf(ONE, ["s3:ObjectRemoved:*"]));
    expect((await faultyFetch(full, "DELETE", path(bucket))).status).toBe(204);
    for (const shard of shardNames(await bucketIdOf(bucket)))
      expect(await query(shard, "SELECT * FROM outbox")).toEqual([]);
  });

  test("takes no hold of a copy elsewhere, and the copy leaves nothing", async () => {
    const [source, target] = [await uniqueBucket(), await uniqueBucket()];
    await putObject(source, KEY, "b".repeat(20_000));
    const before = await stored(await bucketIdOf(target));
    const fullHome = envWithShards((shard) => ({
      takeHold: (...given: unknown[]) => callFull(shard, "takeHold", given),
    }));
    const copy = await faultyFetch(fullHome, "PUT", path(target), {
      headers: { "x-amz-copy-source": `${source}/${KEY}` },
    });
    await expectError(copy, 503, "SlowDown");
    expect(await stored(await bucketIdOf(target))).toEqual(before);
    for (const shard of shardNames(await bucketIdOf(source)))
      expect(await query(shard, "SELECT * FROM hold")).toEqual([]);
  });
});

describe("the room of a shard", () => {
  const LIMIT_BYTES = 1_000_000;

  /** A room whose database has a size that the test says, and how often it was asked for that. */
  function roomOf(usedBytes: () => number) {
    const asked = vi.fn<() => number>(usedBytes);
    const sql = Object.defineProperty({}, "databaseSize", { get: asked }) as SqlStorage;
    return { room: new ShardRoom(sql, LIMIT_BYTES), asked };
  }

  test("ends before the limit, whatever the body, and is there again when something went", () => {
    let usedBytes = 500_000;
    const { room } = roomOf(() => usedBytes);
    expect(room.take(600_000)).toBe(false);
    expect(room.take(400_000)).toBe(true);
    usedBytes = 900_000;
    expect(room.take(400_000)).toBe(false);
    expect(room.take(0)).toBe(true);
    usedBytes = 999_999;
    for (let i = 0; i < 5; i += 1) room.take(0);
    expect(room.take(0)).toBe(false);
    usedBytes = 0;
    expect(room.take(0)).toBe(true);
  });

  test("has a spare beyond the limit for a row that leads to room, and an end", () => {
    let usedBytes = LIMIT_BYTES;
    const { room } = roomOf(() => usedBytes);
    expect(room.take(0)).toBe(false);
    expect(room.takeSpare()).toBe(true);
    usedBytes = LIMIT_BYTES * 1.02;
    expect(room.take(0)).toBe(false);
    expect(room.takeSpare()).toBe(false);
    usedBytes = 0;
    expect(room.take(0)).toBe(true);
  });

  test("costs no look at the database as long as there is enough", () => {
    const { room, asked } = roomOf(() => 0);
    for (let i = 0; i < 50; i += 1) expect(room.take(0)).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
