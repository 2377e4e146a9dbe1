import type {
  BackupColumns,
  ImportOutcome,
  RestoredPart,
  RestoredUpload,
} from "../../ports/backup-rows.ts";
import { PART_COLUMNS, UPLOAD_COLUMNS } from "../../wire/backup-pages.ts";
import { findParts } from "../uploads/uploads.ts";
import type { Transaction } from "../transaction.ts";
import { contentOf } from "./import-contents.ts";

/** Which parts there are of these uploads. @returns undefined: there is no such upload */
export function lookForParts(
  sql: SqlStorage,
  names: readonly (readonly [key: string, uploadId: string])[],
): readonly (readonly number[] | undefined)[] {
  return names.map(([key, uploadId]) => {
    const query = "SELECT 1 FROM upload WHERE key = ? AND upload_id = ?";
    if (sql.exec(query, key, uploadId).toArray().length === 0) return undefined;
    return sql
      .exec<{ number: number }>(
        "SELECT part_number AS number FROM part WHERE upload_id = ?",
        uploadId,
      )
      .toArray()
      .map(({ number }) => number);
  });
}

/**
 * Puts uploads under way back, with the parts that are told. What is there already stays as it is, so that an import may be repeated,
 * and an upload may come in several.
 *
 * @returns of each upload, what became of its parts
 */
export function importUploads(
  transaction: Transaction,
  uploads: readonly RestoredUpload[],
): readonly (readonly ImportOutcome[])[] {
  return uploads.map((upload) => {
    putUpload(transaction, upload.columns);
    return upload.parts.map((part) => importPart(transaction, upload.columns, part));
  });
}

function putUpload(transaction: Transaction, columns: BackupColumns): void {
  const { sql, counts, nowMs, settings, schedule } = transaction;
  const { key, upload_id: uploadId, initiated_ms: initiatedMs } = columns;
  const put = sql.exec(
    `INSERT OR IGNORE INTO upload (${UPLOAD_COLUMNS.join(", ")})
     VALUES (${UPLOAD_COLUMNS.map(() => "?").join(", ")}) RETURNING 1`,
    ...UPLOAD_COLUMNS.map((name) => columns[name] ?? null),
  );
  if (put.toArray().length === 0) return;
  counts.add({ table: "upload", key: String(key), uploadId: String(uploadId) }, { uploads: 1 });
  if (settings.uploadExpiryMs > 0)
    schedule("uploads", Math.max(nowMs, Number(initiatedMs) + settings.uploadExpiryMs));
}

function importPart(
  transaction: Transaction,
  { key, upload_id: id }: BackupColumns,
  part: RestoredPart,
): ImportOutcome {
  const { sql, counts } = transaction;
  const { columns } = part;
  const [uploadId, partNumber, sizeBytes] = [id, columns["part_number"], columns["size_bytes"]];
  const [known] = findParts(sql, String(uploadId), Number(partNumber) - 1, 1);
  if (known?.part_number === partNumber) return "known";
  const contentId = contentOf(transaction, part);
  if (contentId === undefined) return "swept";
  const { sealed_key: sealed } = columns;
  const row: Record<string, SqlStorageValue | Uint8Array> = {
    ...columns,
    upload_id: uploadId ?? "",
    content_id: contentId,
    sealed_key: typeof sealed === "string" ? Uint8Array.from(Buffer.from(sealed, "base64")) : null,
  };
  sql.exec(
    `INSERT INTO part (${PART_COLUMNS.join(", ")}) VALUES (${PART_COLUMNS.map(() => "?").join(", ")})`,
    ...PART_COLUMNS.map((name) => row[name] ?? null),
  );
  const place = { table: "upload", key: String(key), uploadId: String(uploadId) } as const;
  counts.add(place, { uploadBytes: Number(sizeBytes) });
  return "imported";
}
