import { RESTORE_KIND } from "../ports/backup-directory.ts";
import type { AuditEntry } from "../ports/audit-log.ts";
import type { GrowthOutcome } from "../ports/bucket-directory.ts";
import { recordEvent } from "./audit.ts";
import { deleteState, settleDelete } from "./bucket-deletes.ts";
import { findBucket, rowById } from "./buckets.ts";
import { documentBody, shardPartOf } from "./documents.ts";
import { readGrowth, type StoredGrowth } from "./growth-column.ts";

/** From now on the record says that the bucket grows. Asked for the same once more, it answers the same. */
export function beginGrowth(
  sql: SqlStorage,
  bucketId: string,
  to: number,
  audit?: AuditEntry,
): GrowthOutcome | undefined {
  const row = rowById(sql, bucketId);
  if (row === undefined) return undefined;
  const growth = row.growth === null ? undefined : readGrowth(row.growth);
  if (growth?.to !== undefined && growth.to !== to) return { ok: false, reason: "Growing" };
  if (to < row.shard_count) return { ok: false, reason: "Fewer" };
  if (growth?.to === undefined && to > row.shard_count) {
    // The shards that a delete seals must be all that there are.
    if (deleteState(sql, bucketId) === "deleting") return { ok: false, reason: "Deleting" };
    // Rows are restored into the shards that the bucket was made with.
    if (documentBody(sql, bucketId, RESTORE_KIND, "") !== undefined)
      return { ok: false, reason: "Restoring" };
    settleDelete(sql, bucketId);
    const epoch = (growth?.epoch ?? 0) + 1;
    writeGrowth(sql, bucketId, { epoch, to, moved: [] }, row.shard_count);
    if (audit !== undefined) recordEvent(sql, audit);
  }
  const bucket = findBucket(sql, row.name);
  return (
    bucket && { ok: true, bucket, shardPart: shardPartOf(sql, bucketId, bucket.shard.revision) }
  );
}

/** @returns as `BucketDirectory.finishMove` */
export function finishMove(
  sql: SqlStorage,
  bucketId: string,
  epoch: number,
  shard: number,
): number | undefined {
  const row = rowById(sql, bucketId);
  if (row === undefined) return undefined;
  const growth = row.growth === null ? undefined : readGrowth(row.growth);
  const { moved = [], to } = growth ?? {};
  if (growth?.epoch !== epoch || to === undefined || moved.includes(shard))
    return row.gateway_revision;
  const now = [...moved, shard];
  if (now.length < row.shard_count) {
    const column = JSON.stringify({ ...growth, moved: now });
    sql.exec("UPDATE bucket SET growth = ? WHERE id = ?", column, bucketId);
    return row.gateway_revision;
  }
  writeGrowth(sql, bucketId, { epoch }, to);
  return row.gateway_revision + 1;
}

/** Gateways have another record by this: its revision rises. */
function writeGrowth(
  sql: SqlStorage,
  bucketId: string,
  growth: StoredGrowth,
  shardCount: number,
): void {
  sql.exec(
    "UPDATE bucket SET growth = ?, shard_count = ?, gateway_revision = gateway_revision + 1 WHERE id = ?",
    JSON.stringify(growth),
    shardCount,
    bucketId,
  );
}
