import { MAX_PARTS } from "../../../protocol/limits.ts";
import type { BackupUpload, BackupUploadPage } from "../../ports/backup-rows.ts";
import { parseUploadPosition, uploadPosition } from "../../wire/backup-pages.ts";
import { base64, columnsOf } from "./exported-columns.ts";

const PAGE_UPLOADS = 500;
const PAGE_PARTS = 1000;

/** Uploads under way, in the order of keys, each with its parts; one whose parts do not fit goes on in the next page. */
export function exportUploads(sql: SqlStorage, after: string): BackupUploadPage {
  const [key, uploadId, partNumber] = parseUploadPosition(after);
  const rows = sql
    .exec<Row & { key: string; upload_id: string }>(
      "SELECT * FROM upload WHERE (key, upload_id) >= (?, ?) ORDER BY key, upload_id LIMIT ?",
      key,
      uploadId,
      PAGE_UPLOADS,
    )
    .toArray();
  const uploads: BackupUpload[] = [];
  let left = PAGE_PARTS;
  for (const row of rows) {
    const isBegun = row.key === key && row.upload_id === uploadId;
    if (isBegun && partNumber >= MAX_PARTS) continue;
    const parts = partsOf(sql, row.upload_id, isBegun ? partNumber : 0, left + 1);
    const taken = parts.slice(0, left);
    if (taken.length > 0 || !isBegun)
      uploads.push({ columns: columnsOf(row), parts: taken.map(exportedPart) });
    const last = taken.at(-1);
    if (parts.length > left)
      return {
        uploads,
        next: uploadPosition(
          row.key,
          row.upload_id,
          last?.part_number ?? (isBegun ? partNumber : 0),
        ),
      };
    left -= taken.length;
  }
  const last = rows.at(-1);
  if (rows.length < PAGE_UPLOADS || last === undefined) return { uploads };
  return { uploads, next: uploadPosition(last.key, last.upload_id, MAX_PARTS) };
}

type Row = Record<string, SqlStorageValue>;
type PartRow = Row & { part_number: number; sealed_key: ArrayBuffer | null; is_stitched: number };

function partsOf(sql: SqlStorage, uploadId: string, after: number, limit: number): PartRow[] {
  return sql
    .exec<PartRow>(
      `SELECT part.*, EXISTS (SELECT 1 FROM segment WHERE segment.content_id = part.content_id) AS is_stitched
       FROM part WHERE upload_id = ? AND part_number > ? ORDER BY part_number LIMIT ?`,
      uploadId,
      after,
      limit,
    )
    .toArray();
}

function exportedPart({ is_stitched: isStitched, sealed_key: key, ...row }: PartRow) {
  const columns = { ...columnsOf(row), sealed_key: key === null ? null : base64(key) };
  return { columns, ...(isStitched === 1 && { isStitched: true as const }) };
}
