import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { appendObject } from "../../src/domain/append-object.ts";
import { openContent } from "../../src/domain/open-content.ts";
import { deploymentOf } from "../../src/http/deployment.ts";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { NO_ATTRIBUTES, type StoredObject } from "../../src/protocol/object-record.ts";
import { blobStoreOf } from "../../src/storage/blobs/blob-store-of.ts";
import type { BucketIndex } from "../../src/storage/ports/bucket-index.ts";
import { WANTS_CONTENT } from "../../src/storage/ports/content-index.ts";
import { freshRecord } from "../support/bucket-record.ts";
import { blobsOf } from "../support/faults.ts";
import {
  draftOf,
  keyInShard,
  putBlob,
  query,
  removalOf,
  shardNames,
  startClock,
} from "../support/shards.ts";
import { contentIdOf } from "../support/stitching.ts";
import {
  contents,
  DAY_MS,
  HOUR_MS,
  makeTwoShards,
  pass,
  sourceKey,
  targetKey,
  type TwoShards,
} from "../support/two-shards.ts";

const blobs = blobStoreOf(env);
const { keys, settings } = deploymentOf(env);

let two: TwoShards;

beforeEach(async () => {
  startClock();
  two = await makeTwoShards();
});

afterEach(() => {
  vi.useRealTimers();
});

const passBoth = (ms: number): Promise<void> => pass(ms, two.home, two.abroad);

async function recordOf(index: BucketIndex, key: string): Promise<StoredObject> {
  const found = await index.readContent(key, WANTS_CONTENT);
  if (found?.kind !== "object") throw new Error(`${key} is not there`);
  return found;
}

async function textOf(index: BucketIndex, key: string): Promise<string> {
  const record = await recordOf(index, key);
  return new Response(await openContent({ blobs, contents }, record, undefined)).text();
}

async function append(
  index: BucketIndex,
  key: string,
  text: string,
  offsetBytes: number,
): Promise<void> {
  const bytes = Buffer.from(text);
  await appendObject(
    {
      index,
      blobs,
      contents,
      settings,
      keys,
      caller: settings.root,
      bucket: freshRecord("nothing is encrypted"),
    },
    {
      key,
      offsetBytes,
      body: {
        sizeBytes: bytes.length,
        native: undefined,
        trailers: () => new Map(),
        async *chunks() {
          yield bytes;
        },
      },
      claims: {
        sha256Hex: undefined,
        md5Hex: undefined,
        checksum: undefined,
        trailerAlgorithm: undefined,
        wantedAlgorithm: undefined,
      },
      headers: {},
      storageClass: "STANDARD",
      attributes: NO_ATTRIBUTES,
      conditions: NO_CONDITIONS,
    },
  );
}

/** Refers to the content of an object in its own shard, or in another by a hold. */
async function copy(from: BucketIndex, fromKey: string, to: BucketIndex, key: string) {
  const { sizeBytes, content } = await recordOf(from, fromKey);
  const partCount = content.kind === "stitched" ? content.partCount : undefined;
  const contentId = await contentIdOf(from, fromKey);
  let holdToken: string | undefined;
  if (!to.isHome(key, contentId)) {
    holdToken = to.newBlobId(key);
    expect(await contents.hold(contentId, holdToken)).toBe(true);
  }
  const draft = draftOf({ kind: "reference", contentId, holdToken }, sizeBytes, partCount);
  expect(await to.commit(key, draft, NO_CONDITIONS)).toMatchObject({ ok: true });
}

/** Lets everything go that nobody refers to, and expects that it is all. */
async function expectNothingLeft(): Promise<void> {
  for (let round = 0; round < 4; round += 1) await passBoth(DAY_MS);
  for (const { id } of [two.home, two.abroad]) {
    expect(await blobsOf(id)).toEqual([]);
    for (const shard of shardNames(id))
      for (const table of ["content", "segment", "hold", "released_hold", "inline_body"])
        expect(await query(shard, `SELECT * FROM ${table}`)).toEqual([]);
  }
}

describe("an object that is appended to", () => {
  test("keeps one list of segments, whatever it has been appended to", async () => {
    const { source, home } = two;
    await putBlob(source, sourceKey, "ab");
    for (const [i, text] of ["cd", "ef", "gh", "ij"].entries())
      await append(source, sourceKey, text, 2 * (i + 1));
    expect(await textOf(source, sourceKey)).toBe("abcdefghij");
    const lists = "SELECT COUNT(*) AS segments FROM segment GROUP BY content_id";
    expect(await query(`${home.id}/0`, lists)).toEqual([{ segments: 5 }]);
    expect(await query(`${home.id}/0`, "SELECT SUM(reference_count) AS n FROM content")).toEqual([
      { n: 6 },
    ]);
    await source.remove(removalOf(sourceKey));
    await expectNothingLeft();
  });

  test("and its copy in the same shard go their own ways", async () => {
    const { source } = two;
    const copyKey = keyInShard(0, "copy-");
    await putBlob(source, sourceKey, "ab");
    await append(source, sourceKey, "cd", 2);
    await copy(source, sourceKey, source, copyKey);
    await append(source, sourceKey, "ef", 4);
    await append(source, copyKey, "gh", 4);
    await append(source, copyKey, "ij", 6);
    expect(await textOf(source, sourceKey)).toBe("abcdef");
    expect(await textOf(source, copyKey)).toBe("abcdghij");

    await source.remove(removalOf(sourceKey));
    await passBoth(DAY_MS);
    expect(await textOf(source, copyKey)).toBe("abcdghij");
    await source.remove(removalOf(copyKey));
    await expectNothingLeft();
  });

  test("leaves nothing of what was appended with a copy that was made before", async () => {
    const { source, home } = two;
    const copyKey = keyInShard(0, "copy-");
    await putBlob(source, sourceKey, "ab");
    await append(source, sourceKey, "cd", 2);
    await copy(source, sourceKey, source, copyKey);
    const before = await blobsOf(home.id);
    await append(source, sourceKey, "ef", 4);
    await source.remove(removalOf(sourceKey));
    for (let round = 0; round < 3; round += 1) await passBoth(DAY_MS);
    expect(await blobsOf(home.id)).toEqual(before);
    expect(await textOf(source, copyKey)).toBe("abcd");
  });

  test("is not made longer for the copy that read it before", async () => {
    const { source } = two;
    const copyKey = keyInShard(0, "copy-");
    await putBlob(source, sourceKey, "ab");
    await append(source, sourceKey, "cd", 2);
    const contentId = await contentIdOf(source, sourceKey);
    await append(source, sourceKey, "ef", 4);
    // The copy was begun before the last append, and is committed after it.
    const draft = draftOf({ kind: "reference", contentId, holdToken: undefined }, 4, 2);
    expect(await source.commit(copyKey, draft, NO_CONDITIONS)).toMatchObject({ ok: true });
    expect(await textOf(source, copyKey)).toBe("abcd");
    const part = await source.read(copyKey, { ...WANTS_CONTENT, partNumber: 3 });
    expect(part).toMatchObject({ content: { located: { part: undefined } } });

    await append(source, copyKey, "gh", 4);
    expect(await textOf(source, copyKey)).toBe("abcdgh");
    expect(await textOf(source, sourceKey)).toBe("abcdef");
    await source.remove(removalOf(sourceKey));
    await append(source, copyKey, "ij", 6);
    expect(await textOf(source, copyKey)).toBe("abcdghij");
    await source.remove(removalOf(copyKey));
    await expectNothingLeft();
  });

  test.for(["one blob", "several segments"])(
    "is a copy of %s in another shard, which keeps them",
    async (kind) => {
      const { source, target } = two;
      await putBlob(source, sourceKey, kind === "one blob" ? "abcd" : "ab");
      if (kind !== "one blob") await append(source, sourceKey, "cd", 2);
      await copy(source, sourceKey, target, targetKey);
      await append(target, targetKey, "ef", 4);
      await append(target, targetKey, "gh", 6);
      await source.remove(removalOf(sourceKey));
      await passBoth(2 * DAY_MS);
      await passBoth(2 * HOUR_MS);
      expect(await textOf(target, targetKey)).toBe("abcdefgh");
      expect(await recordOf(target, targetKey)).toMatchObject({ content: { partCount: 3 } });
      await target.remove(removalOf(targetKey));
      await expectNothingLeft();
    },
  );

  test("has 10,000 parts at most", async () => {
    const { source, home } = two;
    await putBlob(source, sourceKey, "ab");
    await append(source, sourceKey, "cd", 2);
    await query(`${home.id}/0`, "UPDATE object SET part_count = 9999");
    await append(source, sourceKey, "ef", 4);
    await expect(append(source, sourceKey, "gh", 6)).rejects.toMatchObject({
      code: "TooManyParts",
    });
  });

  test("keeps its tags and its annotations", async () => {
    const { source } = two;
    await putBlob(source, sourceKey, "ab");
    const tags = [{ key: "k", value: "v" }];
    await source.change(sourceKey, undefined, { kind: "tags", tags });
    const version = { key: sourceKey, versionId: undefined };
    const annotation = {
      name: "note",
      payload: Buffer.from("text"),
      etag: "e",
      checksum: undefined,
    };
    await source.changeAnnotation(version, {
      kind: "put",
      annotations: [annotation],
      ifMatch: undefined,
      bypassesGovernance: false,
    });
    await append(source, sourceKey, "cd", 2);
    expect(await recordOf(source, sourceKey)).toMatchObject({ attributes: { tags } });
    expect(await source.readAnnotation(version, "note")).toMatchObject({ ok: true });
  });
});

describe("an append that meets another write", () => {
  /** An index in which something happens between the read and the append. */
  function racing(index: BucketIndex, race: () => Promise<unknown>): BucketIndex {
    let isFirst = true;
    return {
      ...index,
      async readContent(...given) {
        const found = await index.readContent(...given);
        if (isFirst) {
          isFirst = false;
          await race();
        }
        return found;
      },
    };
  }

  test("is refused for its offset when the object has become longer", async () => {
    const { source, home } = two;
    await putBlob(source, sourceKey, "ab");
    const index = racing(source, () => append(source, sourceKey, "cd", 2));
    await expect(append(index, sourceKey, "xx", 2)).rejects.toMatchObject({
      code: "InvalidWriteOffset",
    });
    expect(await textOf(source, sourceKey)).toBe("abcd");
    expect(await blobsOf(home.id)).toHaveLength(2);
  });

  test("is refused as a conflict when the object is another one of this size", async () => {
    const { source } = two;
    await putBlob(source, sourceKey, "ab");
    const index = racing(source, () => putBlob(source, sourceKey, "cd"));
    await expect(append(index, sourceKey, "xx", 2)).rejects.toMatchObject({
      code: "OperationAborted",
    });
    expect(await textOf(source, sourceKey)).toBe("cd");
  });

  test("does not take the place of an object that was made meanwhile", async () => {
    const { source } = two;
    const index = racing(source, () => putBlob(source, sourceKey, "ab"));
    await expect(append(index, sourceKey, "xx", 0)).rejects.toMatchObject({
      code: "InvalidWriteOffset",
    });
    expect(await textOf(source, sourceKey)).toBe("ab");
  });
});
