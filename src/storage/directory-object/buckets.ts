import type { BucketConfiguration } from "../../protocol/bucket-configuration.ts";
import { EUROPE } from "../../protocol/region.ts";
import type { BucketPage, BucketRecord, ListBucketsQuery } from "../ports/bucket-directory.ts";

export interface BucketRow extends Record<string, SqlStorageValue> {
  name: string;
  id: string;
  region: string;
  owner_id: string;
  shard_count: number;
  created_ms: number;
  delete_token: string | null;
  delete_began_ms: number | null;
  revision: number;
  configuration: string;
}

export function createBucket(
  sql: SqlStorage,
  bucket: BucketRecord,
): { bucket: BucketRecord; isNew: boolean } {
  const existing = findBucket(sql, bucket.name);
  if (existing !== undefined) return { bucket: existing, isNew: false };
  const { name, id, region, ownerId, shardCount, createdMs, revision, configuration } = bucket;
  sql.exec(
    `INSERT INTO bucket (name, id, region, owner_id, shard_count, created_ms, revision, configuration)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    name,
    id,
    region,
    ownerId,
    shardCount,
    createdMs,
    revision,
    JSON.stringify(configuration),
  );
  return { bucket, isNew: true };
}

export function configureBucket(
  sql: SqlStorage,
  bucketId: string,
  revision: number,
  configuration: BucketConfiguration,
): BucketRecord | undefined {
  const row = sql
    .exec<BucketRow>(
      `UPDATE bucket SET revision = revision + 1, configuration = ?
       WHERE id = ? AND revision = ? RETURNING *`,
      JSON.stringify(configuration),
      bucketId,
      revision,
    )
    .toArray()[0];
  return row && recordOf(row);
}

export function findBucket(sql: SqlStorage, name: string): BucketRecord | undefined {
  const row = sql.exec<BucketRow>("SELECT * FROM bucket WHERE name = ?", name).toArray()[0];
  return row === undefined ? undefined : recordOf(row);
}

export function listBuckets(
  sql: SqlStorage,
  { ownerId, prefix, region, after, limit }: ListBucketsQuery,
): BucketPage {
  // Bucket names are ASCII, so every name with the prefix sorts below the prefix followed by U+FFFF.
  const rows = sql.exec<BucketRow>(
    `SELECT * FROM bucket
     WHERE name >= ? AND name < ? AND owner_id = ?
       AND region IN (COALESCE(?, region), COALESCE(?, region))
     ORDER BY name LIMIT ?`,
    // One bound: of two, SQLite seeks to the first and reads its way to the second.
    after < prefix ? prefix : `${after}\0`,
    `${prefix}\uFFFF`,
    ownerId,
    region ?? null,
    (region === EUROPE.region ? EUROPE.locationConstraint : region) ?? null,
    limit + 1,
  );
  const buckets = rows.toArray().map(recordOf);
  return { buckets: buckets.slice(0, limit), isTruncated: buckets.length > limit };
}

function recordOf(row: BucketRow): BucketRecord {
  return {
    id: row.id,
    name: row.name,
    region: row.region,
    ownerId: row.owner_id,
    shardCount: row.shard_count,
    createdMs: row.created_ms,
    revision: row.revision,
    configuration: JSON.parse(row.configuration) as BucketConfiguration,
  };
}
