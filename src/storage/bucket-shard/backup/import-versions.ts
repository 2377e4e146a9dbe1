import type {
  BackupAnnotation,
  FoundVersion as LookedFor,
  ImportOutcome,
  RestoredVersion,
} from "../../ports/backup-rows.ts";
import { putAnnotationRow } from "../rows/annotation-rows.ts";
import { noteForeignId } from "../rows/foreign-ids.ts";
import { isReservedVersionId, NULL_VERSION } from "../../../protocol/version-id.ts";
import { dropContent } from "../objects/make-room.ts";
import {
  findNewestVersion,
  findObject,
  findVersion,
  type FoundVersion,
} from "../rows/find-object.ts";
import type { ObjectRow } from "../rows/object-row.ts";
import {
  deleteObjectRow,
  deleteVersionRow,
  keepObjectRow,
  putMarkerRow,
  putObjectRow,
} from "../rows/object-table.ts";
import type { Transaction } from "../transaction.ts";
import { contentOf } from "./import-contents.ts";
import { rowOf } from "./restored-row.ts";

/** What there is of these versions, each by its key and its number. */
export function lookForVersions(
  sql: SqlStorage,
  names: readonly (readonly [key: string, sequence: number])[],
): readonly LookedFor[] {
  return names.map(([key, sequence]) => {
    const found = sql
      .exec<{ content_id: string | null }>(
        `SELECT content_id FROM object WHERE key = ?1 AND sequence = ?2
         UNION ALL SELECT content_id FROM version WHERE key = ?1 AND sequence = ?2`,
        key,
        sequence,
      )
      .toArray()[0];
    return found && { contentId: found.content_id };
  });
}

/**
 * Puts versions back as they were, with their ids, their times, and their order. Their blobs are in the store. What is there already
 * stays as it is, so that an import may be repeated.
 */
export function importVersions(
  transaction: Transaction,
  versions: readonly RestoredVersion[],
): readonly ImportOutcome[] {
  return versions.map((version) => importVersion(transaction, version));
}

/**
 * Which version is the current one, and which null version is left, the numbers say, and not the backup: of a key that moved to another shard
 * while it was backed up, a backup has what it was in both.
 */
function importVersion(transaction: Transaction, version: RestoredVersion): ImportOutcome {
  const { sql, state, cache } = transaction;
  const row = rowOf(version);
  const [known] = lookForVersions(sql, [[row.key, row.sequence]]);
  if (known !== undefined) return "known";
  if (isTaken(transaction, version, row)) return "conflict";
  const replaced = row.version_id === null ? findVersion(sql, row.key, NULL_VERSION) : undefined;
  if (replaced !== undefined && replaced.row.sequence > row.sequence) return "known";
  const contentId = contentOfVersion(transaction, version);
  if (contentId === undefined) return "swept";
  if (replaced !== undefined) removeVersion(transaction, replaced);
  const placed: ObjectRow = { ...row, content_id: contentId };
  const isNewest = supersede(transaction, row);
  if (version.columns["is_marker"] === 1) putMarkerRow(transaction, placed);
  else if (isNewest) putObjectRow(transaction, placed, undefined);
  else keepObjectRow(transaction, placed);
  if (version.body !== undefined)
    sql.exec(
      "INSERT INTO inline_body (sequence, bytes) VALUES (?, ?)",
      row.sequence,
      Buffer.from(version.body, "base64"),
    );
  if (row.is_foreign === 1 && !isReservedVersionId(row.version_id ?? "")) noteForeignId(sql);
  state.skipSequences(row.sequence);
  cache.delete(row.key);
  return "imported";
}

function removeVersion(
  transaction: Transaction,
  { row, isCurrentObject, isMarker }: FoundVersion,
): void {
  if (!isMarker) dropContent(transaction, row);
  if (isCurrentObject) deleteObjectRow(transaction, row);
  else deleteVersionRow(transaction, { ...row, is_marker: Number(isMarker) });
}

/** What was current becomes an older version, if this one is newer. @returns whether it is the newest of its key */
function supersede(transaction: Transaction, { key, sequence }: ObjectRow): boolean {
  const { sql } = transaction;
  const current = findObject(sql, key);
  if (current !== undefined && current.sequence > sequence) return false;
  if (current !== undefined) {
    keepObjectRow(transaction, current);
    deleteObjectRow(transaction, current);
  }
  return (findNewestVersion(sql, key)?.sequence ?? 0) < sequence;
}

/** Numbers are a shard's own: the bytes of inline bodies are found by them. */
function isTaken({ sql }: Transaction, { body }: RestoredVersion, row: ObjectRow): boolean {
  if (body === undefined) return false;
  const query = "SELECT 1 FROM inline_body WHERE sequence = ?";
  return sql.exec(query, row.sequence).toArray().length > 0;
}

/** @returns null: it has no content; undefined: it may be gone */
function contentOfVersion(
  transaction: Transaction,
  { contentId, segments, body, columns }: RestoredVersion,
): string | null | undefined {
  if (contentId !== undefined) return contentOf(transaction, { contentId, segments });
  return body === undefined && columns["is_marker"] !== 1 ? undefined : null;
}

/** Puts annotations of a version back, unless a newer one has replaced it. @returns false when there is no such version */
export function importAnnotations(
  transaction: Transaction,
  key: string,
  sequence: number,
  annotations: readonly BackupAnnotation[],
): boolean {
  const { sql } = transaction;
  const [found] = lookForVersions(sql, [[key, sequence]]);
  if (found === undefined) return isReplaced(sql, key, sequence);
  for (const { name, modifiedMs, etag, checksum, payload } of annotations) {
    const bytes = Buffer.from(payload, "base64");
    putAnnotationRow(transaction, {
      sequence,
      name,
      modified_ms: modifiedMs,
      size_bytes: bytes.byteLength,
      etag,
      checksum: checksum ?? null,
      payload: bytes as unknown as ArrayBuffer,
    });
  }
  return true;
}

function isReplaced(sql: SqlStorage, key: string, sequence: number): boolean {
  const newest = Math.max(
    findObject(sql, key)?.sequence ?? 0,
    findNewestVersion(sql, key)?.sequence ?? 0,
  );
  return newest > sequence;
}
