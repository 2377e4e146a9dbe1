import type { Located, LocatedPart, Segment } from "../../../protocol/object-record.ts";
import { type ByteRange, resolveRange } from "../../../protocol/range.ts";
import type { ContentPartPage, Wanted } from "../../ports/content-index.ts";
import { readChecksum } from "../../wire/checksum-column.ts";
import type { Transaction } from "../transaction.ts";
import { dropReferences } from "./contents.ts";

/** Segments of one answer: enough to stream from for a while, and few enough for a short query. */
const PAGE_LENGTH = 250;

interface SegmentRow extends Record<string, SqlStorageValue> {
  offset_bytes: number;
  size_bytes: number;
  blob_id: string;
  blob_offset_bytes: number;
  blob_size_bytes: number;
  keeper_id: string;
  sealed_key: ArrayBuffer | null;
}

/** What a segment says besides whose it is. */
const COLUMNS_OF_CONTENT = `offset_bytes, part_number, size_bytes, blob_id, blob_offset_bytes, blob_size_bytes,
  keeper_id, checksum, sealed_key`;
const COLUMNS = `content_id, ${COLUMNS_OF_CONTENT}`;

const NOTHING: Located = { segments: [], part: undefined };

/**
 * Where the wanted bytes of a stitched content of `sizeBytes` are; nowhere when it does not have them. The content may
 * have become longer since, by an append.
 */
export function locate(
  sql: SqlStorage,
  contentId: string,
  sizeBytes: number,
  { content, range: spec, partNumber }: Wanted,
): Located {
  const part =
    partNumber === undefined ? undefined : locatePart(sql, contentId, sizeBytes, partNumber);
  if (partNumber !== undefined && part === undefined) return NOTHING;
  if (!content) return { segments: [], part };
  const all = { offset: 0, length: sizeBytes };
  // Where there are none of these bytes, the gateway finds out for itself, and says so to the client.
  const range = part ?? (spec === undefined ? all : resolveRange(spec, sizeBytes));
  return { segments: range === undefined ? [] : locateRange(sql, contentId, range), part };
}

function locatePart(
  sql: SqlStorage,
  contentId: string,
  sizeBytes: number,
  partNumber: number,
): LocatedPart | undefined {
  const row = sql
    .exec<{ offset: number | null; length: number | null; checksum: string | null }>(
      // Left to itself, SQLite reads the whole content in the order of its offsets.
      `SELECT MIN(offset_bytes) AS offset, SUM(size_bytes) AS length, MAX(checksum) AS checksum
       FROM segment INDEXED BY segment_part WHERE content_id = ? AND part_number = ?
       AND offset_bytes + size_bytes <= ?`,
      contentId,
      partNumber,
      sizeBytes,
    )
    .one();
  if (row.offset === null || row.length === null) return undefined;
  return { offset: row.offset, length: row.length, checksum: readChecksum(row.checksum) };
}

function locateRange(
  sql: SqlStorage,
  contentId: string,
  { offset, length }: ByteRange,
): readonly Segment[] {
  const rows = sql.exec<SegmentRow>(
    `SELECT offset_bytes, size_bytes, blob_id, blob_offset_bytes, blob_size_bytes, keeper_id, sealed_key
     FROM segment
     WHERE content_id = ?1 AND offset_bytes < ?2 + ?3 AND offset_bytes >= (
       SELECT MAX(offset_bytes) FROM segment WHERE content_id = ?1 AND offset_bytes <= ?2
     )
     ORDER BY offset_bytes LIMIT ?4`,
    contentId,
    offset,
    length,
    PAGE_LENGTH,
  );
  return rows.toArray().map((row) => ({
    offset: row.offset_bytes,
    length: row.size_bytes,
    blobId: row.blob_id,
    blobOffset: row.blob_offset_bytes,
    blobSizeBytes: row.blob_size_bytes,
    keeperId: row.keeper_id,
    ...(row.sealed_key !== null && { sealedKey: new Uint8Array(row.sealed_key) }),
  }));
}

/** The parts of a stitched content after the one of number `after`. */
export function listContentParts(
  sql: SqlStorage,
  contentId: string,
  after: number,
  limit: number,
): ContentPartPage {
  const rows = sql
    .exec<{ part_number: number; length: number; checksum: string | null }>(
      `SELECT part_number, SUM(size_bytes) AS length, MAX(checksum) AS checksum FROM segment
       WHERE content_id = ? AND part_number > ? GROUP BY part_number ORDER BY part_number LIMIT ?`,
      contentId,
      after,
      limit + 1,
    )
    .toArray();
  const parts = rows.slice(0, limit).map((row) => ({
    partNumber: row.part_number,
    sizeBytes: row.length,
    checksum: readChecksum(row.checksum),
  }));
  return { parts, isTruncated: rows.length > limit };
}

/**
 * Takes up to `limit` segments off a content that nobody refers to; what kept their blobs may become garbage by that.
 *
 * @returns how many; fewer than `limit` when none is left
 */
export function unstitch(transaction: Transaction, contentId: string, limit: number): number {
  const { sql } = transaction;
  const rows = sql
    .exec<{ offset_bytes: number; keeper_id: string; blob_size_bytes: number }>(
      `SELECT offset_bytes, keeper_id, blob_size_bytes FROM segment WHERE content_id = ?
       ORDER BY offset_bytes LIMIT ?`,
      contentId,
      limit,
    )
    .toArray();
  const last = rows.at(-1);
  if (last === undefined) return 0;
  sql.exec(
    "DELETE FROM segment WHERE content_id = ? AND offset_bytes <= ?",
    contentId,
    last.offset_bytes,
  );
  for (const [keeperId, kept] of Map.groupBy(rows, (row) => row.keeper_id))
    dropReferences(transaction, keeperId, kept.length, kept[0]?.blob_size_bytes);
  return rows.length;
}

/**
 * The segments of a part that was copied.
 *
 * @param keeperId what keeps all of their blobs; undefined: each its own keeper
 */
export function insertCopiedSegments(
  sql: SqlStorage,
  contentId: string,
  partNumber: number,
  segments: readonly Segment[],
  keeperId: string | undefined,
): void {
  for (const segment of segments) {
    sql.exec(
      `INSERT INTO segment (content_id, offset_bytes, part_number, size_bytes, blob_id, blob_offset_bytes, keeper_id,
         blob_size_bytes, sealed_key)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      contentId,
      segment.offset,
      partNumber,
      segment.length,
      segment.blobId,
      segment.blobOffset,
      keeperId ?? segment.keeperId,
      segment.blobSizeBytes,
      segment.sealedKey ?? null,
    );
  }
}

interface WholeBlob {
  readonly blobId: string;
  readonly sizeBytes: number;
  readonly sealedKey?: ArrayBuffer | Uint8Array | null | undefined;
}

/** A segment that is all of a blob, which keeps itself. */
export function insertSegment(
  sql: SqlStorage,
  contentId: string,
  offsetBytes: number,
  partNumber: number,
  { blobId, sizeBytes, sealedKey }: WholeBlob,
): void {
  sql.exec(
    `INSERT INTO segment (content_id, offset_bytes, part_number, size_bytes, blob_id, blob_offset_bytes, keeper_id,
       blob_size_bytes, sealed_key)
     VALUES (?1, ?2, ?3, ?4, ?5, 0, ?5, ?4, ?6)`,
    contentId,
    offsetBytes,
    partNumber,
    sizeBytes,
    blobId,
    sealedKey ?? null,
  );
}

/** Where a stitched content ends; undefined when it has no segments, as in a shard that only holds it. */
export function lastSegment(
  sql: SqlStorage,
  contentId: string,
):
  | { readonly endBytes: number; readonly isEmpty: boolean; readonly partNumber: number }
  | undefined {
  const row = sql
    .exec<{ offset_bytes: number; size_bytes: number; part_number: number }>(
      `SELECT offset_bytes, size_bytes, part_number FROM segment
       WHERE content_id = ? ORDER BY offset_bytes DESC LIMIT 1`,
      contentId,
    )
    .toArray()[0];
  if (row === undefined) return undefined;
  const { offset_bytes: offsetBytes, size_bytes: sizeBytes, part_number: partNumber } = row;
  return { endBytes: offsetBytes + sizeBytes, isEmpty: sizeBytes === 0, partNumber };
}

/** Gives a new content the first `sizeBytes` of another one of this shard: what keeps them is referred to once more. */
export function copySegments(
  sql: SqlStorage,
  fromId: string,
  toId: string,
  sizeBytes: number,
): void {
  sql.exec(
    `INSERT INTO segment (${COLUMNS})
     SELECT ?, ${COLUMNS_OF_CONTENT}
     FROM segment WHERE content_id = ? AND offset_bytes < ?`,
    toId,
    fromId,
    sizeBytes,
  );
  sql.exec(
    `UPDATE content SET reference_count = reference_count + copied.count FROM (
       SELECT keeper_id, COUNT(*) AS count FROM segment WHERE content_id = ? GROUP BY keeper_id
     ) AS copied WHERE content.content_id = copied.keeper_id`,
    toId,
  );
}

/**
 * Makes one content of all parts of an upload, in order of their numbers.
 *
 * Its segments take over the references that the parts have on whole blobs, and those parts go. A part that was copied is
 * stitched itself: its segments are referred to once more, and the part stays, to be dropped with its own references.
 */
export function stitchParts(sql: SqlStorage, contentId: string, uploadId: string): void {
  // The checksum is the part's: it stands at its first segment.
  sql.exec(
    `INSERT INTO segment (${COLUMNS})
     SELECT ?1,
       SUM(COALESCE(s.size_bytes, p.size_bytes)) OVER in_order - COALESCE(s.size_bytes, p.size_bytes),
       p.part_number,
       COALESCE(s.size_bytes, p.size_bytes),
       COALESCE(s.blob_id, p.content_id),
       COALESCE(s.blob_offset_bytes, 0),
       COALESCE(s.blob_size_bytes, p.size_bytes),
       COALESCE(s.keeper_id, p.content_id),
       CASE COALESCE(s.offset_bytes, 0) WHEN 0 THEN p.checksum END,
       COALESCE(s.sealed_key, p.sealed_key)
     FROM part p LEFT JOIN segment s ON s.content_id = p.content_id
     WHERE p.upload_id = ?2
     WINDOW in_order AS (
       ORDER BY p.part_number, s.offset_bytes ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
     )`,
    contentId,
    uploadId,
  );
  sql.exec(
    `DELETE FROM part WHERE upload_id = ?
     AND NOT EXISTS (SELECT 1 FROM segment s WHERE s.content_id = part.content_id)`,
    uploadId,
  );
  sql.exec(
    `UPDATE content SET reference_count = reference_count + copied.count FROM (
       SELECT s.keeper_id, COUNT(*) AS count
       FROM part p JOIN segment s ON s.content_id = p.content_id
       WHERE p.upload_id = ? GROUP BY s.keeper_id
     ) AS copied WHERE content.content_id = copied.keeper_id`,
    uploadId,
  );
}
