import { checkWriteConditions, type WriteConditions } from "../../protocol/conditions.ts";
import type {
  Content,
  ObjectDraft,
  ObjectRecord,
  ObjectSummary,
  StoredHeaders,
} from "../../protocol/object-record.ts";
import type { CommitOutcome, RemoveOutcome } from "../bucket-index.ts";
import { addReference, dropReference } from "./blobs.ts";
import { writeChecksum } from "./checksum-column.ts";
import type { CachedRecord, RecordCache } from "./record-cache.ts";
import type { ShardState } from "./shard-state.ts";
import { summaryOf } from "./summary.ts";

interface ObjectRow extends Record<string, SqlStorageValue> {
  key: string;
  modified_ms: number;
  size_bytes: number;
  etag: string;
  storage_class: string;
  checksum: string | null;
  sequence: number;
  blob_id: string | null;
  headers: string;
}

/** What an effect in the index needs besides its arguments. */
export interface Shard {
  readonly sql: SqlStorage;
  readonly state: ShardState;
  readonly cache: RecordCache;
  readonly nowMs: number;
  /** When a blob that is dropped now may be deleted. */
  readonly garbageDueMs: number;
  /** Called once for each blob that became garbage. */
  readonly onGarbage: () => void;
}

function summaryOfRow(row: ObjectRow): ObjectSummary {
  const { key, modified_ms, size_bytes, etag, storage_class, checksum } = row;
  return summaryOf([key, modified_ms, size_bytes, etag, storage_class, checksum]);
}

/** One lookup, and a second one for the inline body when it is asked for; neither for what the cache holds. */
export function readObject(
  sql: SqlStorage,
  cache: RecordCache,
  key: string,
  withContent: boolean,
): ObjectRecord | undefined {
  const cached = cache.get(key);
  const found = cached ?? findRecord(sql, key);
  if (found === undefined) return undefined;
  const { record, sequence } = found;
  const content = found.content ?? (withContent ? readInline(sql, sequence) : undefined);
  if (cached === undefined || cached.content !== content)
    cache.set(key, { record, sequence, content });
  return withContent ? { ...record, content } : record;
}

function findRecord(sql: SqlStorage, key: string): CachedRecord | undefined {
  const row = findRow(sql, key);
  if (row === undefined) return undefined;
  const headers = JSON.parse(row.headers) as StoredHeaders;
  const record = { ...summaryOfRow(row), headers, content: undefined };
  const { sequence, blob_id: blobId } = row;
  return { record, sequence, content: blobId === null ? undefined : { kind: "blob", blobId } };
}

/** Makes `draft` the object of `key`, if the conditions hold; what it replaces becomes garbage. */
export function commitObject(
  shard: Shard,
  key: string,
  draft: ObjectDraft,
  conditions: WriteConditions,
): CommitOutcome {
  const { sql, state, cache, nowMs } = shard;
  const { content } = draft;
  // The sweep may have passed this blob already: it may be deleted at any moment, so nothing may refer to it any more.
  if (content.kind === "blob" && content.blobId <= state.sweepFence)
    return { ok: false, reason: "RequestTimeout" };
  const existing = findRow(sql, key);
  const verdict = checkWriteConditions(conditions, existing && summaryOfRow(existing));
  if (verdict !== "ok") return { ok: false, reason: verdict };
  if (existing !== undefined) dropContent(shard, existing);
  cache.delete(key);

  const sequence = state.takeSequence();
  const blobId = content.kind === "blob" ? content.blobId : null;
  if (content.kind === "blob") addReference(sql, content.blobId);
  else sql.exec("INSERT INTO inline_body VALUES (?, ?)", sequence, content.bytes);
  sql.exec(
    "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    key,
    sequence,
    nowMs,
    draft.sizeBytes,
    draft.etag,
    draft.storageClass,
    writeChecksum(draft.checksum),
    blobId,
    JSON.stringify(draft.headers),
  );
  return { ok: true, lastModifiedMs: nowMs };
}

/** Removes the object of `key`, if the conditions hold. A key that does not exist is removed already. */
export function removeObject(
  shard: Shard,
  key: string,
  conditions: WriteConditions,
): RemoveOutcome {
  const { sql, cache } = shard;
  const existing = findRow(sql, key);
  const verdict = checkWriteConditions(conditions, existing && summaryOfRow(existing));
  if (verdict !== "ok") return { ok: false, reason: verdict };
  if (existing === undefined) return { ok: true };
  dropContent(shard, existing);
  cache.delete(key);
  sql.exec("DELETE FROM object WHERE key = ?", key);
  return { ok: true };
}

export function isEmpty(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM object LIMIT 1").toArray().length === 0;
}

function findRow(sql: SqlStorage, key: string): ObjectRow | undefined {
  return sql.exec<ObjectRow>("SELECT * FROM object WHERE key = ?", key).toArray()[0];
}

function readInline(sql: SqlStorage, sequence: number): Content {
  const { bytes } = sql
    .exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM inline_body WHERE sequence = ?", sequence)
    .one();
  return { kind: "inline", bytes: new Uint8Array(bytes) };
}

function dropContent({ sql, garbageDueMs, onGarbage }: Shard, row: ObjectRow): void {
  if (row.blob_id === null) {
    sql.exec("DELETE FROM inline_body WHERE sequence = ?", row.sequence);
    return;
  }
  dropReference(sql, row.blob_id, garbageDueMs);
  onGarbage();
}
