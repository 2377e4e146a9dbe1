import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { SHARD_CHECKS } from "../../src/storage/bucket-shard/checks/all-checks.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import type { ShardFigures } from "../../src/storage/ports/shard-figures.ts";
import { PLAIN_STAMP } from "../../src/storage/wire/protocol.ts";
import { advanceClock } from "./faults.ts";
import { shardsOf } from "./growth.ts";
import { runDueAlarm } from "./shards.ts";

const DAY_MS = 24 * 3_600_000;

interface ContentRow {
  readonly content_id: string;
  readonly reference_count: number;
  readonly garbage_due_ms: number | null;
  readonly hold_token: string | null;
}

interface ShardTables {
  readonly name: string;
  /** As the shard itself counts: how many versions, delete markers, uploads, and bytes. */
  readonly counted: readonly unknown[];
  readonly contents: readonly ContentRow[];
  readonly segments: readonly { content_id: string; blob_id: string; keeper_id: string }[];
  readonly parts: readonly { upload_id: string; content_id: string; size_bytes: number }[];
  readonly uploads: readonly { upload_id: string }[];
  readonly objects: readonly {
    sequence: number;
    content_id: string | null;
    size_bytes: number;
  }[];
  readonly inlineBodies: readonly { sequence: number }[];
  readonly annotations: readonly { sequence: number; size_bytes: number }[];
  readonly markers: readonly { content_id: string | null; size_bytes: number }[];
  readonly holds: readonly { token: string; content_id: string }[];
  readonly releasedHolds: readonly { token: string }[];
}

function readTables(name: string): Promise<ShardTables> {
  return runInDurableObject(
    env.BUCKET_INDEX.getByName(name),
    async (shard, { storage: { sql } }) => {
      const answer = await shard.figures(PLAIN_STAMP);
      // What each query selects is what its type says.
      const rows = (query: string): never[] => sql.exec(query).toArray() as unknown as never[];
      return {
        name,
        counted: "value" in answer ? countsOf(answer.value) : [],
        contents: rows("SELECT * FROM content"),
        segments: rows("SELECT content_id, blob_id, keeper_id FROM segment"),
        parts: rows("SELECT upload_id, content_id, size_bytes FROM part"),
        uploads: rows("SELECT upload_id FROM upload"),
        objects: rows(
          `SELECT sequence, content_id, size_bytes FROM object
         UNION ALL SELECT sequence, content_id, size_bytes FROM version WHERE is_marker = 0`,
        ),
        inlineBodies: rows("SELECT sequence FROM inline_body"),
        annotations: rows("SELECT sequence, size_bytes FROM annotation"),
        markers: rows("SELECT content_id, size_bytes FROM version WHERE is_marker = 1"),
        holds: rows("SELECT token, content_id FROM hold"),
        releasedHolds: rows("SELECT token FROM released_hold"),
      };
    },
  );
}

function countsOf(figures: ShardFigures): readonly unknown[] {
  const { versions, deleteMarkers, bytes, uploads, uploadBytes, annotationBytes } = figures;
  return [versions, deleteMarkers, bytes, uploads, uploadBytes, annotationBytes];
}

async function namesOf(buckets: readonly BucketRecord[]): Promise<string[]> {
  return (await Promise.all(buckets.map(shardsOf))).flat();
}

/** Lets days pass until no shard has anything left to do but to look for orphans. */
export async function settleDown(buckets: readonly BucketRecord[]): Promise<void> {
  const names = await namesOf(buckets);
  for (let days = 0; days < 30; days += 1) {
    advanceClock(DAY_MS + 3_600_000);
    for (const name of names) await runDueAlarm(name);
    const busy = await Promise.all(names.map(isBusy));
    if (days > 0 && !busy.includes(true)) return;
  }
  throw new Error("the shards never come to rest");
}

function isBusy(name: string): Promise<boolean> {
  return runInDurableObject(
    env.BUCKET_INDEX.getByName(name),
    (_, { storage }) =>
      storage.sql
        .exec<{ busy: number }>(
          `SELECT EXISTS (SELECT 1 FROM content WHERE garbage_due_ms IS NOT NULL)
           OR EXISTS (SELECT 1 FROM released_hold)
           OR EXISTS (SELECT 1 FROM hold WHERE is_confirmed = 0)
           OR EXISTS (SELECT 1 FROM job WHERE kind NOT IN ('sweep', 'uploads', 'completions'))
           AS busy`,
        )
        .one().busy === 1,
  );
}

/** What is wrong with the books: nothing, when every reference is counted, and every blob is referred to. */
export async function audit(buckets: readonly BucketRecord[]): Promise<string[]> {
  const shards = await Promise.all((await namesOf(buckets)).map(readTables));
  const byName = new Map(shards.map((shard) => [shard.name, shard]));
  const errors = shards.flatMap((shard) => [
    ...auditReferences(shard),
    ...auditHolds(shard, byName),
    ...auditCounts(shard),
  ]);
  for (const { name } of shards) errors.push(...(await findingsOf(name)));
  const expected = new Set(shards.flatMap(blobsOfShard));
  const stored = new Set(await listBlobs(buckets));
  for (const blob of expected) if (!stored.has(blob)) errors.push(`blob ${blob} is lost`);
  for (const blob of stored) if (!expected.has(blob)) errors.push(`blob ${blob} is left behind`);
  return errors;
}

/** What `ledge check` would find in a shard. */
function findingsOf(name: string): Promise<string[]> {
  return runInDurableObject(env.BUCKET_INDEX.getByName(name), async (shard) => {
    const found: string[] = [];
    for (const { name: check } of SHARD_CHECKS) {
      const answer = shard.inspect(PLAIN_STAMP, "find", [check, ""]);
      const page = "value" in answer ? answer.value : undefined;
      found.push(
        ...(page?.findings ?? []).map(({ subject, detail }) => `${check} ${subject} ${detail}`),
      );
    }
    return found;
  });
}

function auditReferences(shard: ShardTables): string[] {
  const { contents, segments, parts, uploads, objects, inlineBodies, holds } = shard;
  const found = new Map<string, number>();
  const refer = (id: string | null): unknown =>
    id === null ? undefined : found.set(id, (found.get(id) ?? 0) + 1);
  for (const { content_id: id } of [...objects, ...parts, ...holds]) refer(id);
  for (const { keeper_id: id } of segments) refer(id);

  const errors: string[] = [];
  for (const { content_id: id, reference_count: count } of contents)
    if (count !== (found.get(id) ?? 0))
      errors.push(`${id} has ${found.get(id) ?? 0} references and counts ${count}`);
  const known = new Set(contents.map((row) => row.content_id));
  for (const id of found.keys())
    if (!known.has(id)) errors.push(`${id} is referred to, and unknown`);
  for (const { content_id: id } of segments)
    if (!known.has(id)) errors.push(`a segment of ${id}, which is unknown`);
  const uploadIds = new Set(uploads.map((row) => row.upload_id));
  for (const { upload_id: id } of parts)
    if (!uploadIds.has(id)) errors.push(`a part of the upload ${id}, which is unknown`);
  const inline = new Set(objects.flatMap((row) => (row.content_id === null ? row.sequence : [])));
  const bodies = new Set(inlineBodies.map((row) => row.sequence));
  for (const sequence of inline) if (!bodies.has(sequence)) errors.push(`no body ${sequence}`);
  for (const sequence of bodies)
    if (!inline.has(sequence)) errors.push(`nobody's body ${sequence}`);
  return [...errors, ...auditVersions(shard)];
}

/** What the shard has counted as it went is what there is. */
function auditCounts(shard: ShardTables): string[] {
  const { name, counted, objects, markers, uploads, parts, annotations } = shard;
  const bytes = (rows: readonly { size_bytes: number }[]): number =>
    rows.reduce((sum, row) => sum + row.size_bytes, 0);
  const sizes = [bytes(objects), uploads.length, bytes(parts), bytes(annotations)];
  const found = [objects.length, markers.length, ...sizes];
  const isRight = counted.join() === found.join();
  return isRight ? [] : [`${name} counts ${counted.join()}, and has ${found.join()}`];
}

/** From now on these shards count, so that {@link audit} sees whether they do it right. */
export async function beginToCount(buckets: readonly BucketRecord[]): Promise<void> {
  const names = await namesOf(buckets);
  const figures = names.map((name) =>
    runInDurableObject(env.BUCKET_INDEX.getByName(name), (shard) => shard.figures(PLAIN_STAMP)),
  );
  await Promise.all(figures);
}

/** Annotations belong to versions, and markers have nothing. */
function auditVersions({ objects, annotations, markers }: ShardTables): string[] {
  const sequences = new Set(objects.map((row) => row.sequence));
  const lost = annotations.filter(({ sequence }) => !sequences.has(sequence));
  const full = markers.filter((row) => row.content_id !== null || row.size_bytes !== 0);
  return [
    ...lost.map(({ sequence }) => `nobody's annotation ${sequence}`),
    ...full.map((row) => `a marker with ${row.size_bytes} bytes, ${row.content_id}`),
  ];
}

/** Every hold has a content in the shard of its token, and every content of another shard has a hold there. */
function auditHolds(shard: ShardTables, byName: ReadonlyMap<string, ShardTables>): string[] {
  const errors: string[] = [];
  for (const { token, content_id: id } of shard.holds) {
    const holder = byName.get(shardNameOf(token));
    const isKnown =
      holder?.contents.some((row) => row.hold_token === token && row.content_id === id) === true ||
      holder?.releasedHolds.some((row) => row.token === token) === true;
    if (!isKnown) errors.push(`the hold ${token} on ${id} is nobody's`);
  }
  for (const { content_id: id, hold_token: token } of shard.contents) {
    if (token === null) {
      if (shardNameOf(id) !== shard.name) errors.push(`${id} of another shard has no hold`);
      continue;
    }
    const home = byName.get(shardNameOf(id));
    if (home?.holds.some((row) => row.token === token && row.content_id === id) !== true)
      errors.push(`the hold ${token} is not known to the home of ${id}`);
  }
  return errors;
}

/** The blobs that a shard has to have, and those that its segments read, wherever they are. */
function blobsOfShard({ contents, segments }: ShardTables): string[] {
  const stitched = new Set(segments.map((row) => row.content_id));
  const own = contents.filter((row) => row.hold_token === null && !stitched.has(row.content_id));
  return [...own.map((row) => row.content_id), ...segments.map((row) => row.blob_id)];
}

/** How many rows each table has that is to be empty when everything is deleted; only those that are not. */
export async function leftovers(buckets: readonly BucketRecord[]): Promise<string[]> {
  const found = await Promise.all(
    (await namesOf(buckets)).map((name) =>
      runInDurableObject(env.BUCKET_INDEX.getByName(name), (_, { storage: { sql } }) => {
        const tables = sql
          .exec<{ name: string }>(
            `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
             AND name NOT IN ('shard', 'setting', 'job', 'migration', 'growth', 'witness', 'lifecycle_total')`,
          )
          .toArray();
        return tables.flatMap(({ name: table }) => {
          const { count } = sql
            .exec<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`)
            .one();
          return count === 0 ? [] : [`${count} rows in ${table} of ${name}`];
        });
      }),
    ),
  );
  return [...found.flat(), ...(await listBlobs(buckets)).map((blob) => `blob ${blob}`)];
}

async function listBlobs(buckets: readonly BucketRecord[]): Promise<string[]> {
  const pages = buckets.map(async ({ id }) => {
    const page = await env.BLOBS.list({ prefix: `${id}/` });
    if (page.truncated) throw new Error("more blobs than a page has");
    return page.objects.map(({ key }) => key);
  });
  return (await Promise.all(pages)).flat();
}

function shardNameOf(id: string): string {
  return id.slice(0, id.lastIndexOf("/"));
}
