import type {
  BackupAnnotation,
  BackupSegment,
  BackupVersion,
  BackupVersionPage,
} from "../../ports/backup-rows.ts";
import { base64, columnsOf } from "./exported-columns.ts";
import { versionPosition, wholeKeys } from "../../wire/backup-pages.ts";
import { type WalkedRow, walkKeys } from "../rows/walk-keys.ts";

const PAGE_VERSIONS = 500;
/** What a page has of bytes before it ends; one version has 2 MB at most. An answer between objects has 32 MiB at most. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** A whole content, unless it was appended to very often. */
const PAGE_SEGMENTS = 10_000;
const PAGE_ANNOTATIONS = 4;

type ExportedRow = WalkedRow & { body: ArrayBuffer | null; is_annotated: number };

/** A page of versions with their inline bytes, as they are at one moment; all of a key, unless it has very many. */
export function exportVersions(sql: SqlStorage, after: string): BackupVersionPage {
  const rows = walkKeys<ExportedRow>(
    sql,
    after,
    // One more shows whether the last key ends.
    PAGE_VERSIONS + 1,
    `, (SELECT bytes FROM inline_body WHERE row.content_id IS NULL AND inline_body.sequence = row.sequence) AS body,
     EXISTS (SELECT 1 FROM annotation WHERE annotation.sequence = row.sequence) AS is_annotated`,
  );
  const taken = wholeKeys(rows, roomFor(rows), ({ key }) => key);
  const last = taken.at(-1);
  const isAll = taken.length === rows.length || last === undefined;
  return { versions: taken.map(exported), next: isAll ? undefined : versionPosition(last) };
}

/** How many of them a page has room for, one at least. */
function roomFor(rows: readonly ExportedRow[]): number {
  let bytes = 0;
  for (const [at, row] of rows.entries()) {
    if (at === PAGE_VERSIONS || bytes > PAGE_BYTES) return at;
    bytes += (row.body?.byteLength ?? 0) + row.headers.length;
  }
  return rows.length;
}

function exported({ body, is_annotated, table_name: table, ...row }: ExportedRow): BackupVersion {
  return {
    table,
    columns: columnsOf(row),
    ...(body !== null && { body: base64(body) }),
    ...(is_annotated === 1 && { isAnnotated: true }),
  };
}

interface SegmentRow extends Record<string, SqlStorageValue> {
  part_number: number;
  offset_bytes: number;
  size_bytes: number;
  blob_id: string;
  blob_offset_bytes: number;
  blob_size_bytes: number;
  checksum: string | null;
  sealed_key: ArrayBuffer | null;
}

/** The segments of a content from that byte on, in order; fewer than 10,000: all of them. */
export function exportSegments(
  sql: SqlStorage,
  contentId: string,
  fromBytes: number,
): readonly BackupSegment[] {
  const rows = sql.exec<SegmentRow>(
    `SELECT part_number, offset_bytes, size_bytes, blob_id, blob_offset_bytes, blob_size_bytes, checksum, sealed_key
     FROM segment WHERE content_id = ? AND offset_bytes >= ? ORDER BY offset_bytes LIMIT ?`,
    contentId,
    fromBytes,
    PAGE_SEGMENTS,
  );
  return rows.toArray().map((row) => ({
    partNumber: row.part_number,
    offsetBytes: row.offset_bytes,
    sizeBytes: row.size_bytes,
    blobId: row.blob_id,
    blobOffsetBytes: row.blob_offset_bytes,
    blobSizeBytes: row.blob_size_bytes,
    ...(row.checksum !== null && { checksum: row.checksum }),
    ...(row.sealed_key !== null && { sealedKey: base64(row.sealed_key) }),
  }));
}

type AnnotationRow = {
  name: string;
  modified_ms: number;
  etag: string;
  checksum: string | null;
  payload: ArrayBuffer;
};

/** Those of a version by name, after that one; fewer than four: all of them. */
export function exportAnnotations(
  sql: SqlStorage,
  sequence: number,
  after: string,
): readonly BackupAnnotation[] {
  const rows = sql.exec<AnnotationRow>(
    `SELECT name, modified_ms, etag, checksum, payload FROM annotation
     WHERE sequence = ? AND name > ? ORDER BY name LIMIT ?`,
    sequence,
    after,
    PAGE_ANNOTATIONS,
  );
  return rows.toArray().map((row) => ({
    name: row.name,
    modifiedMs: row.modified_ms,
    etag: row.etag,
    ...(row.checksum !== null && { checksum: row.checksum }),
    payload: base64(row.payload),
  }));
}
