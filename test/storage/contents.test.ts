import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { spanOf } from "../../src/protocol/range.ts";
import { blobsOf } from "../support/faults.ts";
import { keyInShard, putBlob, query, startClock, removalOf } from "../support/shards.ts";
import {
  complete,
  contentIdOf,
  etagOf,
  partDraft,
  PLAIN_UPLOAD,
  putBlobPart,
  putStitched,
  slices,
} from "../support/stitching.ts";
import {
  contents,
  copyTo,
  HOUR_MS,
  makeTwoShards,
  pass,
  sourceKey,
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

describe("a copy in the shard of its source", () => {
  test("keeps the blob when the source is gone, until it goes itself", async () => {
    const { home, source } = two;
    const blob = await putBlob(source, sourceKey, "body");
    const copyKey = keyInShard(0, "copy-");
    expect(await copyTo(source, copyKey, blob)).toMatchObject({ ok: true });
    await source.remove(removalOf(sourceKey));
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([blob]);
    await source.remove(removalOf(copyKey));
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([]);
  });

  test("onto its own key keeps the blob, and counts it once", async () => {
    const { home, source } = two;
    const blob = await putBlob(source, sourceKey, "body");
    expect(await copyTo(source, sourceKey, blob)).toMatchObject({ ok: true });
    expect(await query(`${home.id}/0`, "SELECT reference_count FROM content")).toEqual([
      { reference_count: 1 },
    ]);
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([blob]);
  });

  test("of a content that nothing refers to any more is SourceGone, although its bytes still wait", async () => {
    const { home, source } = two;
    const blob = await putBlob(source, sourceKey, "body");
    await source.remove(removalOf(sourceKey));
    expect(await blobsOf(home.id)).toEqual([blob]);
    expect(await copyTo(source, sourceKey, blob)).toEqual({ ok: false, reason: "SourceGone" });
  });
});

describe("a range of an object as a part of another", () => {
  test("keeps the source's blobs when the source is gone", async () => {
    const { home, source } = two;
    const { contentId, blobs } = await putStitched(source, sourceKey, 3);
    const wanted = {
      content: true,
      range: spanOf(5242870, 5242889),
      partNumber: undefined,
      versionId: undefined,
    };
    const { segments } = await contents.locate(contentId, 3 * 5 * 1024 * 1024, wanted);
    expect(segments.map(({ blobId }) => blobId)).toEqual(blobs.slice(0, 2));
    const key = keyInShard(0, "range-");
    const { uploadId } = await source.createUpload(key, PLAIN_UPLOAD);
    const cut = segments.map((segment, i) => ({
      ...segment,
      offset: 10 * i,
      length: 10,
      blobOffset: i === 0 ? 5_242_870 : 0,
    }));
    const copied = { kind: "reference", contentId, holdToken: undefined } as const;
    await source.putPart(
      key,
      uploadId,
      1,
      partDraft({ kind: "copy", source: copied, segments: cut }, 20),
    );
    await source.remove(removalOf(sourceKey));
    for (let i = 0; i < 3; i += 1) await passBoth(2 * HOUR_MS);
    expect((await blobsOf(home.id)).toSorted()).toEqual(blobs.slice(0, 2).toSorted());
    await complete(source, key, uploadId, [[1, etagOf(1)]]);
    for (let i = 0; i < 3; i += 1) await passBoth(2 * HOUR_MS);
    const made = await contents.locate(await contentIdOf(source, key), 20, {
      content: true,
      range: undefined,
      partNumber: undefined,
      versionId: undefined,
    });
    expect(made.segments).toEqual(cut);
    await source.remove(removalOf(key));
    for (let i = 0; i < 3; i += 1) await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([]);
  });

  test("leaves no reference behind when one of its blobs is gone", async () => {
    const { home, source } = two;
    const blob = await putBlob(source, sourceKey, "body");
    const { uploadId } = await source.createUpload(sourceKey, PLAIN_UPLOAD);
    const gone = source.newBlobId(sourceKey);
    const segments = [...slices(blob, blob, 1, 4), ...slices(gone, gone, 1, 4)];
    const copied = { kind: "reference", contentId: blob, holdToken: undefined } as const;
    const outcome = await source.putPart(
      sourceKey,
      uploadId,
      1,
      partDraft({ kind: "copy", source: copied, segments }, 8),
    );
    expect(outcome).toEqual({ ok: false, reason: "SourceGone" });
    await source.remove(removalOf(sourceKey));
    await passBoth(2 * HOUR_MS);
    expect(await blobsOf(home.id)).toEqual([]);
  });
});

test("a blob whose object was deleted a moment ago waits for its readers, though segments were the last to go", async () => {
  const { home, source } = two;
  const blob = await putBlob(source, sourceKey, "body");
  const { uploadId } = await source.createUpload(sourceKey, PLAIN_UPLOAD);
  const copied = { kind: "reference", contentId: blob, holdToken: undefined } as const;
  const draft = partDraft({ kind: "copy", source: copied, segments: slices(blob, blob, 2, 2) }, 4);
  await source.putPart(sourceKey, uploadId, 1, draft);
  await source.abortUpload(sourceKey, uploadId, undefined);
  await passBoth(HOUR_MS - 60_000);
  await source.remove(removalOf(sourceKey));
  await passBoth(2 * 60_000);
  await passBoth(0);
  expect(await blobsOf(home.id)).toEqual([blob]);
  await passBoth(2 * HOUR_MS);
  expect(await blobsOf(home.id)).toEqual([]);
});

test("a part that is replaced makes its blob garbage", async () => {
  const { home, source } = two;
  const { uploadId } = await source.createUpload(sourceKey, PLAIN_UPLOAD);
  await putBlobPart(source, sourceKey, uploadId, 1);
  const second = await putBlobPart(source, sourceKey, uploadId, 1);
  expect(await blobsOf(home.id)).toHaveLength(2);
  await passBoth(2 * HOUR_MS);
  expect(await blobsOf(home.id)).toEqual([second]);
});
