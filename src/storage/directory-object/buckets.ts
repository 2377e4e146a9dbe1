import type { ShardFlags } from "../../protocol/bucket-configuration.ts";
import { EUROPE } from "../../protocol/region.ts";
import type { AuditEntry } from "../ports/audit-log.ts";
import type {
  BucketPage,
  BucketRecord,
  ConfigureOutcome,
  CreateOutcome,
  DecidedOn,
  DocumentChange,
  DocumentPage,
  ListBucketsQuery,
  ShardPart,
  StoredDocument,
} from "../ports/bucket-directory.ts";
import type { FiguredBucket } from "../ports/shard-figures.ts";
import { toldGrowth } from "./growth-column.ts";
import { findAccount } from "./accounts.ts";
import { recordEvent } from "./audit.ts";
import {
  changeDocument,
  countOfKind,
  documentBody,
  documentsOfKind,
  documentsOfPart,
  shardPartOf,
} from "./documents.ts";

export interface BucketRow extends Record<string, SqlStorageValue> {
  name: string;
  id: string;
  region: string;
  owner_id: string;
  owner_account_id: string | null;
  owner_display_name: string | null;
  shard_count: number;
  created_ms: number;
  delete_token: string | null;
  delete_began_ms: number | null;
  gateway_revision: number;
  shard_revision: number;
  shard_flags: string;
  growth: string | null;
}

export function createBucket(
  sql: SqlStorage,
  bucket: BucketRecord,
  documents: readonly StoredDocument[],
  audit?: AuditEntry,
): CreateOutcome | undefined {
  const existing = findBucket(sql, bucket.name);
  if (existing !== undefined) return { bucket: existing, isNew: false };
  const { name, id, region, ownerId, owner, shardCount, createdMs, gateway, shard } = bucket;
  // A gateway may go by what it remembers of a key, whose account is deleted by now, or has another name.
  if (owner !== undefined && findAccount(sql, { canonicalId: ownerId })?.id !== owner.id)
    return undefined;
  sql.exec(
    `INSERT INTO bucket (name, id, region, owner_id, shard_count, created_ms,
                         gateway_revision, shard_revision, shard_flags,
                         owner_account_id, owner_display_name)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    name,
    id,
    region,
    ownerId,
    shardCount,
    createdMs,
    gateway.revision,
    shard.revision,
    JSON.stringify(shard.flags),
    owner?.id ?? null,
    owner?.displayName ?? null,
  );
  for (const document of documents) changeDocument(sql, id, document);
  if (audit !== undefined) recordEvent(sql, audit);
  const created = { bucket, isNew: true };
  if (shard.revision === 0) return created;
  return { ...created, shardPart: shardPartOf(sql, id, shard.revision) };
}

export function configureBucket(
  sql: SqlStorage,
  { id, name, gatewayRevision, shardRevision }: DecidedOn,
  change: DocumentChange,
): ConfigureOutcome | undefined {
  const bucket = findBucket(sql, name);
  if (bucket?.id !== id) return undefined;
  const { gateway, shard } = bucket;
  if (gateway.revision !== gatewayRevision || shard.revision !== shardRevision)
    return { isDone: false, bucket };
  changeDocument(sql, id, change);
  if (change.audit !== undefined) recordEvent(sql, change.audit);
  if (change.part === "directory") return { isDone: true, bucket };
  const flags = JSON.stringify(change.flags ?? shard.flags);
  const isOfGateways = change.part === "gateway" || flags !== JSON.stringify(shard.flags);
  sql.exec(
    `UPDATE bucket SET gateway_revision = ?, shard_revision = ?, shard_flags = ? WHERE name = ?`,
    gatewayRevision + Number(isOfGateways),
    shardRevision + Number(change.part === "shard"),
    flags,
    name,
  );
  const changed = { isDone: true, bucket: findBucket(sql, name) ?? bucket };
  if (change.part === "gateway") return changed;
  return { ...changed, shardPart: shardPartOf(sql, id, shardRevision + 1) };
}

export function findBucket(sql: SqlStorage, name: string): BucketRecord | undefined {
  const row = sql.exec<BucketRow>("SELECT * FROM bucket WHERE name = ?", name).toArray()[0];
  return row === undefined ? undefined : recordOf(sql, row);
}

export function readDocument(
  sql: SqlStorage,
  bucketId: string,
  kind: string,
  id: string,
): { readonly body: string | undefined } | undefined {
  if (rowById(sql, bucketId) === undefined) return undefined;
  return { body: documentBody(sql, bucketId, kind, id) };
}

export function listDocuments(
  sql: SqlStorage,
  bucketId: string,
  kind: string,
  after: string,
  limit: number,
): DocumentPage | undefined {
  return rowById(sql, bucketId) && documentsOfKind(sql, bucketId, kind, after, limit);
}

export function countDocuments(
  sql: SqlStorage,
  bucketId: string,
  kind: string,
): number | undefined {
  return rowById(sql, bucketId) && countOfKind(sql, bucketId, kind);
}

export function readShardPart(sql: SqlStorage, bucketId: string): ShardPart | undefined {
  const row = rowById(sql, bucketId);
  return row && shardPartOf(sql, bucketId, row.shard_revision);
}

export function rowById(sql: SqlStorage, bucketId: string): BucketRow | undefined {
  return sql.exec<BucketRow>("SELECT * FROM bucket WHERE id = ?", bucketId).toArray()[0];
}

export function listBuckets(
  sql: SqlStorage,
  { ownerId, prefix, region, after, limit }: ListBucketsQuery,
): BucketPage {
  // Bucket names are ASCII, so every name with the prefix sorts below the prefix followed by U+FFFF.
  const rows = sql.exec<Pick<BucketRow, "name" | "region" | "created_ms">>(
    `SELECT name, region, created_ms FROM bucket
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
  const buckets = rows
    .toArray()
    .map(({ name, region, created_ms: createdMs }) => ({ name, region, createdMs }));
  return { buckets: buckets.slice(0, limit), isTruncated: buckets.length > limit };
}

/** Buckets of all accounts. */
export function listEveryBucket(
  sql: SqlStorage,
  prefix: string,
  after: string,
  limit: number,
): readonly FiguredBucket[] {
  return sql
    .exec<{ id: string; name: string; shardCount: number }>(
      `SELECT id, name, COALESCE(growth ->> '$.to', shard_count) AS shardCount FROM bucket WHERE name >= ? AND name < ?
       ORDER BY name LIMIT ?`,
      after < prefix ? prefix : `${after}\0`,
      `${prefix}\uFFFF`,
      limit,
    )
    .toArray();
}

export function listAllBuckets(
  sql: SqlStorage,
  after: string,
  limit: number,
): readonly BucketRecord[] {
  const query = "SELECT * FROM bucket WHERE name > ? ORDER BY name LIMIT ?";
  return sql
    .exec<BucketRow>(query, after, limit)
    .toArray()
    .map((row) => recordOf(sql, row));
}

function recordOf(sql: SqlStorage, row: BucketRow): BucketRecord {
  const { id, gateway_revision: gatewayRevision } = row;
  const { owner_account_id: accountId, owner_display_name: displayName } = row;
  // Most buckets never had a document that gateways decide with.
  const documents = gatewayRevision === 0 ? [] : documentsOfPart(sql, id, "gateway");
  return {
    id,
    name: row.name,
    region: row.region,
    ownerId: row.owner_id,
    ...(accountId !== null && { owner: { id: accountId, displayName: displayName ?? "" } }),
    shardCount: row.shard_count,
    createdMs: row.created_ms,
    ...(row.growth !== null && { growth: toldGrowth(row.growth) }),
    gateway: {
      revision: gatewayRevision,
      documents: Object.fromEntries(documents),
    },
    shard: {
      revision: row.shard_revision,
      flags: JSON.parse(row.shard_flags) as ShardFlags,
    },
  };
}
