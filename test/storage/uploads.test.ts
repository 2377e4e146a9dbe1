import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { spanOf } from "../../src/protocol/range.ts";
import { locate } from "../../src/storage/bucket-shard/contents/segments.ts";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import type { BucketIndex } from "../../src/storage/ports/bucket-index.ts";
import { countSql } from "../support/counting-sql.ts";
import { advanceClock, blobsOf } from "../support/faults.ts";
import { indexOf } from "../support/bucket-record.ts";
import {
  deleteBucket,
  keyInShard,
  makeBucket,
  query,
  runDueAlarm,
  startClock,
  removalOf,
} from "../support/shards.ts";
import {
  complete,
  completionOf,
  contentIdOf,
  etagOf,
  fillParts,
  LEAST_PART_BYTES,
  partDraft,
  PLAIN_UPLOAD,
  putBlobPart,
  putStitched,
  slices,
} from "../support/stitching.ts";
import { contents, DAY_MS, HOUR_MS, pass } from "../support/two-shards.ts";

const SLOW = { timeout: 30_000 };

const key = keyInShard(0);

let bucket: BucketRecord;
let index: BucketIndex;
let shard: string;

beforeEach(async () => {
  startClock();
  bucket = await makeBucket();
  index = indexOf(bucket);
  shard = `${bucket.id}/0`;
});

afterEach(() => {
  vi.useRealTimers();
});

async function count(table: string): Promise<number> {
  const [row] = await query<{ count: number }>(shard, `SELECT COUNT(*) AS count FROM ${table}`);
  return row?.count ?? 0;
}

/** What it costs to do something in the shard. */
function rowsReadOf(act: (sql: SqlStorage) => void): Promise<number> {
  return runInDurableObject(env.BUCKET_INDEX.getByName(shard), (_, { storage }) => {
    const { sql, cost } = countSql(storage.sql);
    act(sql);
    return cost().rowsRead;
  });
}

describe("completing", () => {
  test("takes the parts that are listed, and makes garbage of the others", async () => {
    const { uploadId } = await index.createUpload(key, PLAIN_UPLOAD);
    const blobs: string[] = [];
    for (const n of [1, 2, 3, 4]) blobs.push(await putBlobPart(index, key, uploadId, n));
    const completed = await complete(index, key, uploadId, [
      [2, etagOf(2)],
      [4, etagOf(4)],
    ]);
    expect(completed.sizeBytes).toBe(2 * LEAST_PART_BYTES);
    await pass(2 * HOUR_MS, bucket);
    expect((await blobsOf(bucket.id)).toSorted()).toEqual(
      [blobs[1] ?? "", blobs[3] ?? ""].toSorted(),
    );
  });

  test("answers the same again, once more object and upload are another matter", async () => {
    const { uploadId } = await index.createUpload(key, PLAIN_UPLOAD);
    await putBlobPart(index, key, uploadId, 1);
    const first = await complete(index, key, uploadId, [[1, etagOf(1)]]);
    expect(await complete(index, key, uploadId, [[1, etagOf(1)]])).toEqual(first);
    await index.remove(removalOf(key));
    expect(await complete(index, key, uploadId, [[1, etagOf(1)]])).toEqual(first);
    expect(await index.list({ prefix: "", delimiter: "", after: "", limit: 1 })).toMatchObject({
      entries: [],
    });
  });

  test("is not repeated with other parts, nor for another key", async () => {
    const { uploadId } = await index.createUpload(key, PLAIN_UPLOAD);
    await putBlobPart(index, key, uploadId, 1);
    await putBlobPart(index, key, uploadId, 2);
    await complete(index, key, uploadId, [[1, etagOf(1)]]);
    const refusal = { ok: false, code: "NoSuchUpload" };
    expect(await index.completeUpload(key, uploadId, completionOf([[2, etagOf(2)]]))).toEqual(
      refusal,
    );
    const otherKey = keyInShard(0, "other-");
    expect(await index.completeUpload(otherKey, uploadId, completionOf([[1, etagOf(1)]]))).toEqual(
      refusal,
    );
  });

  test("is forgotten after a day, although nothing is completed any more", async () => {
    await putStitched(index, key, 1);
    await pass(23 * HOUR_MS, bucket);
    expect(await count("completed_upload")).toBe(1);
    await pass(2 * HOUR_MS, bucket);
    expect(await count("completed_upload")).toBe(0);
  });

  test("joins 10,000 parts, of which each is found without the others", SLOW, async () => {
    const { uploadId } = await index.createUpload(key, PLAIN_UPLOAD);
    const numbers = Array.from({ length: 10_000 }, (_, i) => i + 1);
    await fillParts(shard, uploadId, numbers);
    const completed = await complete(
      index,
      key,
      uploadId,
      numbers.map((n) => [n, etagOf(n)]),
    );
    expect(completed.sizeBytes).toBe(10_000 * LEAST_PART_BYTES);
    expect(completed.etag.endsWith("-10000")).toBe(true);
    const contentId = await contentIdOf(index, key);
    await followEverywhere(contentId, 10_000 * LEAST_PART_BYTES, LEAST_PART_BYTES);
    const last = { content: true, range: undefined, partNumber: 10_000, versionId: undefined };
    const located = await contents.locate(contentId, completed.sizeBytes, last);
    expect(located.part).toMatchObject({ offset: 9999 * LEAST_PART_BYTES });
    expect(located.segments).toHaveLength(1);
    expect(
      await rowsReadOf((sql) => locate(sql, contentId, completed.sizeBytes, last)),
    ).toBeLessThan(10);
    const none = { content: true, range: undefined, partNumber: 10_001, versionId: undefined };
    expect(await contents.locate(contentId, completed.sizeBytes, none)).toEqual({
      segments: [],
      part: undefined,
    });
  });
});

/** Asks for the rest of a content from several places, page by page, and expects every byte once. */
async function followEverywhere(
  contentId: string,
  sizeBytes: number,
  segmentBytes: number,
): Promise<void> {
  for (const first of [0, 1, segmentBytes - 1, segmentBytes, 1234 * segmentBytes + 7]) {
    let next = first;
    while (next < sizeBytes) {
      const range = spanOf(next, sizeBytes - 1);
      const wanted = { content: true, range, partNumber: undefined, versionId: undefined };
      const { segments } = await contents.locate(contentId, sizeBytes, wanted);
      const [head] = segments;
      const tail = segments.at(-1);
      if (head === undefined || tail === undefined) throw new Error(`nothing at ${next}`);
      expect(head.offset).toBeLessThanOrEqual(next);
      expect(head.offset + head.length).toBeGreaterThan(next);
      for (const [i, segment] of segments.entries())
        expect(segment.offset).toBe(head.offset + i * segmentBytes);
      next = tail.offset + tail.length;
    }
    expect(next).toBe(sizeBytes);
  }
}

describe("an upload that nobody ends", () => {
  test("goes after a week, with its parts", async () => {
    const { uploadId } = await index.createUpload(key, PLAIN_UPLOAD);
    await putBlobPart(index, key, uploadId, 1);
    await pass(7 * DAY_MS - HOUR_MS, bucket);
    expect(await index.findUpload(key, uploadId)).toBeDefined();
    await pass(2 * HOUR_MS, bucket);
    expect(await index.findUpload(key, uploadId)).toBeUndefined();
    await pass(2 * HOUR_MS, bucket);
    expect(await blobsOf(bucket.id)).toEqual([]);
    expect(await count("part")).toBe(0);
  });

  test("goes with its bucket", async () => {
    const uploads = Array.from({ length: 25 }, async () => {
      const { uploadId } = await index.createUpload(key, PLAIN_UPLOAD);
      await putBlobPart(index, key, uploadId, 1);
    });
    await Promise.all(uploads);
    await deleteBucket(bucket);
    await pass(2 * 60_000, bucket);
    expect(await count("upload")).toBe(0);
    await pass(2 * HOUR_MS, bucket);
    expect(await blobsOf(bucket.id)).toEqual([]);
    expect(await count("content")).toBe(0);
  });

  test("a shard whose delete died is opened again, and keeps them", async () => {
    const { uploadId } = await index.createUpload(key, PLAIN_UPLOAD);
    const directory = bucketDirectoryClient(env.DIRECTORY);
    const token = (await directory.beginDelete(bucket.id)) ?? "";
    expect(await index.sealIfEmpty(token)).toBe(true);
    await pass(2 * 60_000, bucket);
    const [row] = await query<{ seal: string | null }>(shard, "SELECT seal FROM shard");
    expect(row?.seal).toBeNull();
    expect(await index.findUpload(key, uploadId)).toBeDefined();
  });
});

test("25,000 segments are taken apart in several runs, which end", SLOW, async () => {
  const { blobs } = await putStitched(index, keyInShard(0, "source-"), 2);
  const [blob = ""] = blobs;
  const source = { kind: "reference", contentId: blob, holdToken: undefined } as const;
  const { uploadId } = await index.createUpload(key, PLAIN_UPLOAD);
  const numbers = Array.from({ length: 10 }, (_, i) => i + 1);
  const segments = slices(blob, blob, 2500, 3000);
  for (const n of numbers) {
    const draft = partDraft({ kind: "copy", source, segments }, 2500 * 3000, etagOf(n));
    await index.putPart(key, uploadId, n, draft);
  }
  await complete(
    index,
    key,
    uploadId,
    numbers.map((n) => [n, etagOf(n)]),
  );
  await pass(2 * HOUR_MS, bucket);
  await pass(2 * HOUR_MS, bucket);
  expect(await count("segment")).toBe(25_000 + 2);
  await index.remove(removalOf(key));
  advanceClock(2 * HOUR_MS);
  expect(await runDueAlarm(shard, 1)).toBe(1);
  expect(await count("segment")).toBe(15_000 + 2);
  expect(await runDueAlarm(shard)).toBeLessThan(5);
  expect(await count("segment")).toBe(2);
  expect(
    await query(shard, "SELECT reference_count FROM content WHERE content_id = ?", blob),
  ).toEqual([{ reference_count: 1 }]);
});
