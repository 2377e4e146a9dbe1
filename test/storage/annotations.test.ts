import { beforeEach, describe, expect, test } from "vitest";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { NO_ATTRIBUTES, type ObjectAttributes } from "../../src/protocol/object-record.ts";
import type { AnnotationChangeOutcome } from "../../src/storage/ports/annotation-index.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import type { BucketIndex } from "../../src/storage/ports/bucket-index.ts";
import { WANTS_HEADERS } from "../../src/storage/ports/content-index.ts";
import { indexOf, versioningPart } from "../support/bucket-record.ts";
import { draftOf, keyInShard, makeBucket, query, removalOf } from "../support/shards.ts";

const KEY = keyInShard(0);
const RENAMED = keyInShard(0, "renamed-");

let bucket: BucketRecord;
let index: BucketIndex;

beforeEach(async () => {
  bucket = await makeBucket();
  index = indexOf(bucket);
});

async function put(key: string, attributes: ObjectAttributes = NO_ATTRIBUTES): Promise<void> {
  const draft = draftOf({ kind: "inline", bytes: Buffer.from("body") }, 4);
  expect(await index.commit(key, { ...draft, attributes }, NO_CONDITIONS)).toMatchObject({
    ok: true,
  });
}

function annotate(
  name: string,
  { key = KEY, bypassesGovernance = false } = {},
): Promise<AnnotationChangeOutcome> {
  const payload = Buffer.from(`of ${name}`);
  return index.changeAnnotation(
    { key, versionId: undefined },
    {
      kind: "put",
      annotations: [{ name, payload, etag: "0", checksum: undefined }],
      ifMatch: undefined,
      bypassesGovernance,
    },
  );
}

function unannotate(name: string, bypassesGovernance = false): Promise<AnnotationChangeOutcome> {
  return index.changeAnnotation(
    { key: KEY, versionId: undefined },
    { kind: "remove", name, ifMatch: undefined, bypassesGovernance },
  );
}

async function namesOf(key: string, versionId?: string): Promise<readonly string[] | string> {
  const query = { withPayloads: false, prefix: "", after: "", limit: 1000 };
  const page = await index.listAnnotations({ key, versionId }, query);
  return page.ok ? page.annotations.map(({ name }) => name) : page.reason;
}

test("an object has a thousand annotations at most", async () => {
  await put(KEY);
  await Promise.all(Array.from({ length: 1000 }, (_, i) => annotate(`note-${i}`)));
  expect(await annotate("more")).toEqual({ ok: false, reason: "AnnotationLimitExceeded" });
  expect(await annotate("note-7")).toMatchObject({ ok: true });
  await unannotate("note-7");
  expect(await annotate("more")).toMatchObject({ ok: true });
});

test("annotations leave nothing behind when their object goes", async () => {
  await put(KEY);
  await annotate("note");
  await put(KEY);
  await annotate("note");
  await index.remove(removalOf(KEY));
  expect(await query(`${bucket.id}/0`, "SELECT name FROM annotation")).toEqual([]);
});

describe("Object Lock", () => {
  const retention = { mode: "GOVERNANCE", retainUntilMs: Date.now() + 3_600_000 } as const;

  async function putLocked(attributes: Partial<ObjectAttributes>): Promise<void> {
    await put(KEY);
    await annotate("note");
    if (attributes.retention !== undefined)
      await index.change(KEY, undefined, {
        kind: "retention",
        retention: attributes.retention,
        bypassesGovernance: false,
      });
    if (attributes.hasLegalHold === true)
      await index.change(KEY, undefined, { kind: "legal-hold", hasLegalHold: true });
  }

  test.for([{ hasLegalHold: true }, { retention }])(
    "of %o lets annotations be added, and none be lost",
    async (attributes) => {
      await putLocked(attributes);
      expect(await annotate("other")).toMatchObject({ ok: true });
      expect(await annotate("note")).toEqual({ ok: false, reason: "AccessDenied" });
      expect(await unannotate("note")).toEqual({ ok: false, reason: "AccessDenied" });
      expect(await namesOf(KEY)).toEqual(["note", "other"]);
    },
  );

  test("in GOVERNANCE does not stop who bypasses it", async () => {
    await putLocked({ retention });
    expect(await annotate("note", { bypassesGovernance: true })).toMatchObject({ ok: true });
    expect(await unannotate("note", true)).toMatchObject({ ok: true });
  });
});

describe("a rename", () => {
  async function rename(): Promise<void> {
    const source = await index.read(KEY, WANTS_HEADERS);
    if (source?.kind !== "object") throw new Error("no source");
    const { sequence: sourceSequence } = source;
    const conditions = NO_CONDITIONS;
    const outcome = await index.rename(
      {
        sourceKey: KEY,
        key: RENAMED,
        sourceSequence,
        conditions,
      },
      source.sizeBytes,
    );
    expect(outcome).toMatchObject({ ok: true });
  }

  test("takes the annotations along, in place of those that were there", async () => {
    await put(KEY);
    await put(RENAMED);
    await annotate("note");
    await annotate("replaced", { key: RENAMED });
    await rename();
    expect(await namesOf(RENAMED)).toEqual(["note"]);
    expect(await namesOf(KEY)).toBe("NoSuchKey");
    expect(await query(`${bucket.id}/0`, "SELECT name FROM annotation")).toHaveLength(1);
  });

  test("leaves them with the older version, too, where there are versions", async () => {
    await index.configure(versioningPart(1, "Enabled"));
    await put(KEY);
    const put1 = await annotate("note");
    await rename();
    expect(await namesOf(RENAMED)).toEqual(["note"]);
    expect(await namesOf(KEY, put1.ok ? put1.versionId : "")).toEqual(["note"]);
  });
});
