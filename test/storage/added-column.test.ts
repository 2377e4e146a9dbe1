import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import { NO_ATTRIBUTES } from "../../src/protocol/object-record.ts";
import { readAttributes, writeAttributes } from "../../src/storage/wire/attributes-column.ts";
import { MIGRATIONS } from "../../src/storage/bucket-shard/rows/schema.ts";
import type { BucketIndex } from "../../src/storage/ports/bucket-index.ts";
import { WANTS_HEADERS } from "../../src/storage/ports/content-index.ts";
import { migrate } from "../../src/storage/sql-migrations.ts";
import { indexOf, versioningPart } from "../support/bucket-record.ts";
import { keyInShard, makeBucket, putBlob, query, removalOf } from "../support/shards.ts";

/** The migration that a later version of the code may have. */
const ADDED_COLUMN = `
  ALTER TABLE object ADD COLUMN added TEXT;
  ALTER TABLE version ADD COLUMN added TEXT;
`;

const key = keyInShard(0);
const otherKey = keyInShard(0, "other");

async function versionedBucket(): Promise<{ index: BucketIndex; shard: string }> {
  const bucket = await makeBucket();
  const index = indexOf(bucket);
  await index.configure(versioningPart(1, "Enabled"));
  const shard = `${bucket.id}/0`;
  await runInDurableObject(env.BUCKET_INDEX.getByName(shard), (_, { storage }) =>
    migrate(storage, [...MIGRATIONS, ADDED_COLUMN]),
  );
  return { index, shard };
}

/** The rows of the shard, the oldest first. */
function rowsOf(shard: string): Promise<unknown[]> {
  return query(
    shard,
    `SELECT key, 'object' AS place, 0 AS is_marker, added, sequence FROM object
     UNION ALL SELECT key, 'version', is_marker, added, sequence FROM version ORDER BY sequence`,
  );
}

const row = (place: string, added: string | null, rest: object = {}) =>
  expect.objectContaining({ key, place, added, is_marker: 0, ...rest });

async function versionOf(index: BucketIndex): Promise<string | undefined> {
  return (await index.read(key, WANTS_HEADERS))?.versionId;
}

test("a column that a later migration adds goes where its version goes", async () => {
  const { index, shard } = await versionedBucket();
  await putBlob(index, key, "first");
  expect(await rowsOf(shard)).toEqual([row("object", null)]);
  await query(shard, "UPDATE object SET added = 'kept'");

  await putBlob(index, key, "second");
  expect(await rowsOf(shard)).toEqual([row("version", "kept"), row("object", null)]);

  await index.remove({ ...removalOf(key), versionId: await versionOf(index) });
  expect(await rowsOf(shard)).toEqual([row("object", "kept")]);

  await index.remove(removalOf(key));
  const marker = row("version", null, { is_marker: 1 });
  expect(await rowsOf(shard)).toEqual([row("version", "kept"), marker]);

  await index.remove({ ...removalOf(key), versionId: await versionOf(index) });
  expect(await rowsOf(shard)).toEqual([row("object", "kept")]);

  const hold = { kind: "legal-hold", hasLegalHold: true } as const;
  await index.change(key, undefined, hold);
  expect(await rowsOf(shard)).toEqual([row("object", "kept")]);
});

test("a column that a later migration adds stays with what is appended to, and renamed", async () => {
  const { index, shard } = await versionedBucket();
  await putBlob(index, key, "first");
  await query(shard, "UPDATE object SET added = 'kept'");

  const source = await index.read(key, WANTS_HEADERS);
  if (source?.kind !== "object") throw new Error("no object");
  const { sequence, etag } = source;
  const tail = { kind: "blob", blobId: index.newBlobId(key), sizeBytes: 4 } as const;
  const content = { kind: "appended", tail, head: undefined } as const;
  const draft = { sequence, etag, content, sizeBytes: 9, addedBytes: 4, partCount: 2 };
  await index.append(
    key,
    { ...draft, checksum: undefined, attributes: NO_ATTRIBUTES },
    NO_CONDITIONS,
  );
  expect(await rowsOf(shard)).toEqual([row("version", "kept"), row("object", "kept")]);

  const longer = await index.read(key, WANTS_HEADERS);
  if (longer?.kind !== "object") throw new Error("no object");
  await index.rename(
    {
      sourceKey: key,
      key: otherKey,
      sourceSequence: longer.sequence,
      conditions: NO_CONDITIONS,
    },
    longer.sizeBytes,
  );
  expect(await rowsOf(shard)).toEqual([
    row("version", "kept"),
    row("version", "kept"),
    row("object", "kept", { key: otherKey }),
    row("version", null, { is_marker: 1 }),
  ]);
});

test("an attribute that a later version adds is stored, also alone", () => {
  const attributes = { ...NO_ATTRIBUTES, color: "blue" };
  expect(readAttributes(writeAttributes(attributes))).toEqual(attributes);
  expect(writeAttributes(NO_ATTRIBUTES)).toBeNull();
});
