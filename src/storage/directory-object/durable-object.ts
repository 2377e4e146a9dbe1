import { DurableObject } from "cloudflare:workers";
import type { BucketConfiguration } from "../../protocol/bucket-configuration.ts";
import { EUROPE } from "../../protocol/region.ts";
import type { BucketPage, BucketRecord, ListBucketsQuery } from "../ports/bucket-directory.ts";
import { migrate } from "../sql-migrations.ts";
import { MIGRATIONS } from "./schema.ts";

/** A delete that has not ended after so long lost its gateway. */
const DELETE_PATIENCE_MS = 30_000;

interface BucketRow extends Record<string, SqlStorageValue> {
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

/** The one Directory of a deployment; `bucket-directory.ts` says what its methods mean. */
export class DirectoryObject extends DurableObject {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage, MIGRATIONS);
    this.#sql = ctx.storage.sql;
  }

  create(bucket: BucketRecord): { bucket: BucketRecord; isNew: boolean } {
    const existing = this.find(bucket.name);
    if (existing !== undefined) return { bucket: existing, isNew: false };
    const { name, id, region, ownerId, shardCount, createdMs, revision, configuration } = bucket;
    this.#sql.exec(
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

  configure(
    bucketId: string,
    revision: number,
    configuration: BucketConfiguration,
  ): BucketRecord | undefined {
    const row = this.#sql
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

  find(name: string): BucketRecord | undefined {
    const row = this.#sql.exec<BucketRow>("SELECT * FROM bucket WHERE name = ?", name).toArray()[0];
    return row === undefined ? undefined : recordOf(row);
  }

  list({ ownerId, prefix, region, after, limit }: ListBucketsQuery): BucketPage {
    // Bucket names are ASCII, so every name with the prefix sorts below the prefix followed by U+FFFF.
    const rows = this.#sql.exec<BucketRow>(
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

  beginDelete(bucketId: string): string | undefined {
    if (this.#deleteState(bucketId) === "deleting") return undefined;
    const token = crypto.randomUUID();
    this.#sql.exec(
      "UPDATE bucket SET delete_token = ?, delete_began_ms = ? WHERE id = ?",
      token,
      Date.now(),
      bucketId,
    );
    return token;
  }

  finishDelete(bucketId: string, token: string): boolean {
    const { rowsWritten } = this.#sql.exec(
      "DELETE FROM bucket WHERE id = ? AND delete_token = ?",
      bucketId,
      token,
    );
    return rowsWritten > 0;
  }

  cancelDelete(bucketId: string, token: string): void {
    this.#sql.exec(
      "UPDATE bucket SET delete_token = NULL, delete_began_ms = NULL WHERE id = ? AND delete_token = ?",
      bucketId,
      token,
    );
  }

  settleDelete(bucketId: string): "deleted" | "deleting" | "active" {
    const state = this.#deleteState(bucketId);
    if (state !== "abandoned") return state;
    this.#sql.exec(
      "UPDATE bucket SET delete_token = NULL, delete_began_ms = NULL WHERE id = ?",
      bucketId,
    );
    return "active";
  }

  #deleteState(bucketId: string): "deleted" | "deleting" | "abandoned" | "active" {
    const row = this.#sql
      .exec<BucketRow>("SELECT * FROM bucket WHERE id = ?", bucketId)
      .toArray()[0];
    if (row === undefined) return "deleted";
    if (row.delete_began_ms === null) return "active";
    return row.delete_began_ms + DELETE_PATIENCE_MS > Date.now() ? "deleting" : "abandoned";
  }
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
