import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { VersioningStatus } from "../../src/protocol/bucket-configuration.ts";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { NO_ATTRIBUTES } from "../../src/protocol/object-record.ts";
import { listObjects } from "../../src/storage/bucket-shard/objects/listing.ts";
import { unpackPage } from "../../src/storage/wire/packed-page.ts";
import type { ListEntry, VersionEntry } from "../../src/storage/ports/bucket-index.ts";
import type { UploadDraft, UploadEntry } from "../../src/storage/ports/upload-index.ts";
import { BucketModel } from "../support/listing-model.ts";
import { pick, seededRandom } from "../support/seeded-random.ts";
import { draftOf, removalOf } from "../support/shards.ts";
import { UploadModel, VersionModel } from "../support/version-model.ts";
import { freshRecord, indexOf, versioningPart } from "../support/bucket-record.ts";

type SeededRandom = ReturnType<typeof seededRandom>;

const KEYS = [
  "a",
  "a/1",
  "a/2",
  "a//",
  "b",
  "b\0",
  "c/é/1",
  "c/\u{1F600}",
  "\u{10FFFF}/\u{10FFFF}",
];
const PREFIXES = ["", "", "", "a", "a/", "c/", "\u{10FFFF}"];
const DELIMITERS = ["", "", "/", "//", "é/"];
const VERSIONING: readonly VersioningStatus[] = ["Enabled", "Enabled", "Suspended"];

const UPLOAD: UploadDraft = {
  storageClass: "STANDARD",
  headers: {},
  checksum: undefined,
  attributes: NO_ATTRIBUTES,
};

/** A walk through a listing: what to do between its pages, and one page of it beside the model's. */
interface Walk {
  readonly change: () => Promise<void>;
  readonly nextPage: () => Promise<{ found: unknown; expected: unknown; isTruncated: boolean }>;
}

async function follow({ change, nextPage }: Walk, name: string): Promise<void> {
  for (let page = 0; page < 40; page += 1) {
    const { found, expected, isTruncated } = await nextPage();
    expect(found, `${name}, page ${page}`).toEqual(expected);
    if (!isTruncated) return;
    await change();
  }
}

const randomQuery = (random: SeededRandom) => ({
  prefix: pick(random, PREFIXES),
  delimiter: pick(random, DELIMITERS),
  limit: pick(random, [1, 1, 2, 3]),
});

async function walkVersions(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const model = new VersionModel();
  const id = `versions-${seed}`;
  let versioning: VersioningStatus | undefined;
  let revision = 0;
  const index = indexOf(freshRecord(id));

  async function change(): Promise<void> {
    const key = pick(random, KEYS);
    const ids = model.idsOf(key);
    switch (random(6)) {
      case 0:
        revision += 1;
        versioning = pick(random, VERSIONING);
        await index.configure(versioningPart(revision, versioning));
        return;
      case 1: {
        const outcome = await index.remove(removalOf(key));
        const versionId = outcome.ok ? outcome.versionId : undefined;
        model.delete(key, versioning, versionId === "null" ? undefined : versionId);
        return;
      }
      case 2:
      case 3: {
        if (ids.length === 0) return;
        const versionId = pick(random, ids);
        await index.remove({ ...removalOf(key), versionId });
        model.remove(key, versionId);
        return;
      }
      default: {
        const content = { kind: "inline", bytes: new Uint8Array([1]) } as const;
        const outcome = await index.commit(key, draftOf(content, 1), NO_CONDITIONS);
        const versionId = outcome.ok ? outcome.versionId : undefined;
        model.write(key, versionId === "null" ? undefined : versionId, false);
      }
    }
  }

  for (let i = 0; i < 20; i += 1) await change();
  for (let walk = 0; walk < 2; walk += 1) {
    const query = randomQuery(random);
    let afterKey = "";
    let afterVersionId: string | undefined;
    let listed: readonly VersionEntry[] = [];
    await follow(
      {
        async change() {
          for (const entry of listed) {
            if (entry.kind === "prefix" || random(2) === 0) continue;
            const { object, versionId } = entry.version;
            await index.remove({ ...removalOf(object.key), versionId });
            model.remove(object.key, versionId);
          }
          if (random(2) === 0) await change();
        },
        async nextPage() {
          const page = await index.listVersions({ ...query, afterKey, afterVersionId });
          const expected = model.list({ ...query, afterKey }, afterVersionId);
          listed = page.entries;
          const last = listed.at(-1);
          if (last !== undefined)
            [afterKey, afterVersionId] =
              last.kind === "version"
                ? [last.version.object.key, last.version.versionId]
                : [last.prefix, undefined];
          const found = { entries: listed.map(describeVersion), isTruncated: page.isTruncated };
          return { found, expected, isTruncated: page.isTruncated };
        },
      },
      `seed ${seed}, ${JSON.stringify(query)}`,
    );
  }
}

function describeVersion(entry: VersionEntry): string {
  if (entry.kind === "prefix") return `prefix ${entry.prefix}`;
  const { object, versionId, isMarker, isLatest } = entry.version;
  return `${isMarker ? "marker" : "version"}${isLatest ? " latest" : ""} ${object.key} ${versionId}`;
}

async function walkUploads(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const model = new UploadModel();
  const index = indexOf(freshRecord(`uploads-${seed}`));

  async function change(): Promise<void> {
    if (random(3) > 0 || model.uploads.length === 0) {
      const key = pick(random, KEYS);
      model.begin(key, (await index.createUpload(key, UPLOAD)).uploadId);
      return;
    }
    const { key, id } = pick(random, model.uploads);
    await index.abortUpload(key, id, undefined);
    model.abort(id);
  }

  for (let i = 0; i < 20; i += 1) await change();
  for (let walk = 0; walk < 2; walk += 1) {
    const query = randomQuery(random);
    let after = { key: "", id: "" };
    await follow(
      {
        change,
        async nextPage() {
          const { key: afterKey, id: afterUploadId } = after;
          const page = await index.listUploads({ ...query, afterKey, afterUploadId });
          const expected = model.list({ ...query, afterKey }, afterUploadId);
          const last = page.entries.at(-1);
          if (last !== undefined)
            after =
              last.kind === "upload"
                ? { key: last.upload.key, id: last.upload.uploadId }
                : { key: last.prefix, id: "" };
          const found = {
            entries: page.entries.map(describeUpload),
            isTruncated: page.isTruncated,
          };
          return { found, expected, isTruncated: page.isTruncated };
        },
      },
      `seed ${seed}, ${JSON.stringify(query)}`,
    );
  }
}

function describeUpload(entry: UploadEntry): string {
  return entry.kind === "prefix"
    ? `prefix ${entry.prefix}`
    : `upload ${entry.upload.key} ${entry.upload.uploadId}`;
}

describe("pages agree with the model while things come and go between them", () => {
  test.for(Array.from({ length: 20 }, (_, i) => i))("versions, seed %i", async (seed) => {
    await expect(walkVersions(seed)).resolves.toBeUndefined();
  });

  test.for(Array.from({ length: 10 }, (_, i) => i))("uploads, seed %i", async (seed) => {
    await expect(walkUploads(seed)).resolves.toBeUndefined();
  });
});

test("long runs of keys between common prefixes are listed whole", async () => {
  const random = seededRandom(1);
  const model = new BucketModel();
  for (let i = 0; i < 40; i += 1) {
    const name = `k${String(i).padStart(2, "0")}`;
    const run = pick(random, [0, 1, 31, 32, 33, 70]);
    for (let n = 0; n < run; n += 1) model.put(`${name}-${String(n).padStart(2, "0")}`, "e");
    model.put(`${name}/a`, "e");
    model.put(`${name}/b`, "e");
  }
  const shard = env.BUCKET_INDEX.getByName("listing-pages/0");
  await runInDurableObject(shard, (_, { storage: { sql } }) => {
    for (const key of model.keys)
      sql.exec(
        `INSERT INTO object (key, sequence, modified_ms, size_bytes, etag, storage_class, headers)
         VALUES (?, 1, 0, 1, 'e', 'STANDARD', '{}')`,
        key,
      );
    for (const limit of [1000, 65, 33, 32]) {
      let after = "";
      for (let isTruncated = true; isTruncated;) {
        const query = { prefix: "k", delimiter: "/", after, limit };
        const page = unpackPage(listObjects(sql, query));
        const found = { entries: page.entries.map(describeEntry), isTruncated: page.isTruncated };
        expect(found).toEqual(model.list(query));
        ({ isTruncated } = page);
        const last = page.entries.at(-1);
        after = last?.kind === "prefix" ? last.prefix : (last?.object.key ?? "");
      }
    }
  });
});

function describeEntry(entry: ListEntry): string {
  return entry.kind === "prefix"
    ? `prefix ${entry.prefix}`
    : `object ${entry.object.key} ${entry.object.etag}`;
}
