import type { BackupSegment } from "../../ports/backup-rows.ts";
import { addContent, addReferences } from "../contents/contents.ts";
import type { Transaction } from "../transaction.ts";

/**
 * The content of a version, or of a part, with a reference more: a blob that is in the store, a list of segments, or either that came before.
 *
 * @returns undefined: the sweep may have passed it, or it is garbage
 */
export function contentOf(
  transaction: Transaction,
  {
    contentId,
    segments,
  }: { readonly contentId: string; readonly segments?: readonly BackupSegment[] | undefined },
): string | undefined {
  const { sql, state } = transaction;
  if (addReferences(sql, contentId, 1)) return contentId;
  if (segments === undefined) return addBlob(transaction, contentId) ? contentId : undefined;
  if (segments.some(({ blobId }) => blobId <= state.sweepFence || isGarbage(sql, blobId)))
    return undefined;
  addContent(sql, contentId);
  for (const segment of segments) addSegment(transaction, contentId, segment);
  return contentId;
}

function isGarbage(sql: SqlStorage, contentId: string): boolean {
  const query = "SELECT 1 FROM content WHERE content_id = ? AND reference_count = 0";
  return sql.exec(query, contentId).toArray().length > 0;
}

/** @returns false when the sweep may have passed it, or it is garbage */
function addBlob({ sql, state }: Transaction, blobId: string): boolean {
  const isKnown = sql.exec("SELECT 1 FROM content WHERE content_id = ?", blobId).toArray();
  if (isKnown.length > 0 || blobId <= state.sweepFence) return false;
  addContent(sql, blobId);
  return true;
}

function addSegment(transaction: Transaction, contentId: string, segment: BackupSegment): void {
  const { sql } = transaction;
  const { blobId, sealedKey } = segment;
  if (!addReferences(sql, blobId, 1)) addContent(sql, blobId);
  sql.exec(
    `INSERT INTO segment (content_id, offset_bytes, part_number, size_bytes, blob_id, blob_offset_bytes, keeper_id,
       blob_size_bytes, checksum, sealed_key)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    contentId,
    segment.offsetBytes,
    segment.partNumber,
    segment.sizeBytes,
    blobId,
    segment.blobOffsetBytes,
    blobId,
    segment.blobSizeBytes,
    segment.checksum ?? null,
    sealedKey === undefined ? null : Buffer.from(sealedKey, "base64"),
  );
}
