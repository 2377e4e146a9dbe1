import { hash } from "node:crypto";
import type { Completion } from "../../../protocol/multipart-completion.ts";
import type { CompletedUpload } from "../../ports/upload-index.ts";
import { readChecksum, writeChecksum } from "../../wire/checksum-column.ts";
import { movingKey } from "../growth/moving-keys.ts";
import { findObject } from "../rows/find-object.ts";
import type { Transaction } from "../transaction.ts";

/** How long a completion may be repeated. */
export const COMPLETION_MEMORY_MS = 86_400_000;

/** A completion is known again by its key and what it lists. */
function fingerprint(key: string, { parts }: Completion): string {
  const listed = parts.map(({ partNumber, etag }) => `${partNumber} ${etag}`);
  return hash("sha256", [...listed, key].join("\n"), "hex");
}

export function rememberCompletion(
  { sql, growth, nowMs, schedule }: Transaction,
  key: string,
  uploadId: string,
  completion: Completion,
  { etag, sizeBytes, checksum, versionId }: CompletedUpload,
): void {
  schedule("completions", nowMs + COMPLETION_MEMORY_MS);
  sql.exec(
    `INSERT INTO completed_upload
       (upload_id, completed_ms, request_sha256, etag, size_bytes, checksum, version_id, moving_key)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    uploadId,
    nowMs,
    fingerprint(key, completion),
    etag,
    sizeBytes,
    writeChecksum(checksum),
    versionId ?? null,
    movingKey(growth, key),
  );
}

/** What the same completion was answered before: the client did not get that answer, or got it and asks again. */
export function recallCompletion(
  sql: SqlStorage,
  key: string,
  uploadId: string,
  completion: Completion,
): CompletedUpload | undefined {
  const row = sql
    .exec<{
      etag: string;
      size_bytes: number;
      checksum: string | null;
      version_id: string | null;
    }>(
      `SELECT etag, size_bytes, checksum, version_id FROM completed_upload
       WHERE upload_id = ? AND request_sha256 = ?`,
      uploadId,
      fingerprint(key, completion),
    )
    .toArray()[0];
  if (row === undefined) return undefined;
  // Nobody needs it of an object that is another one by now.
  const object = findObject(sql, key);
  const encryption = object?.etag === row.etag ? object.encryption : null;
  return {
    ok: true,
    etag: row.etag,
    sizeBytes: row.size_bytes,
    checksum: readChecksum(row.checksum),
    versionId: row.version_id ?? undefined,
    ...(encryption !== null && { encryption }),
  };
}

/** @returns how many, and when the oldest of the others is to be forgotten; undefined when there is none */
export function forgetCompletions({ sql, nowMs }: Transaction): {
  readonly forgotten: number;
  readonly againMs: number | undefined;
} {
  const beforeMs = nowMs - COMPLETION_MEMORY_MS;
  const statement = "DELETE FROM completed_upload WHERE completed_ms <= ? RETURNING 1";
  const forgotten = sql.exec(statement, beforeMs).toArray().length;
  const query = "SELECT MIN(completed_ms) AS oldest FROM completed_upload";
  const oldestMs = sql.exec<{ oldest: number | null }>(query).one().oldest;
  const againMs = oldestMs === null ? undefined : oldestMs + COMPLETION_MEMORY_MS;
  return { forgotten, againMs };
}
