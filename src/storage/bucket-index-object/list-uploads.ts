import { compareUtf8, successorOfPrefix } from "../../lib/utf8-order.ts";
import type { ListUploadsQuery, UploadEntry, UploadPage, UploadSummary } from "../upload-index.ts";
import { AFTER_ALL_TEXT, commonPrefix, firstKey } from "./listing.ts";
import { uploadChecksum } from "./uploads.ts";

interface UploadSummaryRow extends Record<string, SqlStorageValue> {
  key: string;
  upload_id: string;
  initiated_ms: number;
  storage_class: string;
  checksum_algorithm: string | null;
  checksum_type: string | null;
}

const COLUMNS = "key, upload_id, initiated_ms, storage_class, checksum_algorithm, checksum_type";

const QUERY = `SELECT ${COLUMNS} FROM upload
  WHERE (key, upload_id) > (?, ?) AND key < ? ORDER BY key, upload_id LIMIT ?`;

/** One page in the order of the keys' UTF-8 bytes, then of the uploads' beginning. It folds as `listObjects` does. */
export function listUploads(sql: SqlStorage, query: ListUploadsQuery): UploadPage {
  const { prefix, delimiter, limit } = query;
  const end = successorOfPrefix(prefix) ?? AFTER_ALL_TEXT;
  const entries: UploadEntry[] = [];
  let after = firstPosition(query);
  while (after !== undefined && entries.length <= limit) {
    const rows = sql.exec<UploadSummaryRow>(QUERY, ...after, end, limit + 1 - entries.length);
    after = undefined;
    for (const row of rows) {
      const folded = commonPrefix(row.key, prefix, delimiter);
      if (folded === undefined) {
        entries.push({ kind: "upload", upload: summaryOfRow(row) });
        continue;
      }
      entries.push({ kind: "prefix", prefix: folded });
      after = beforeUploadsOf(successorOfPrefix(folded));
      break;
    }
  }
  const isTruncated = entries.length > limit;
  if (isTruncated) entries.pop();
  return { entries, isTruncated };
}

type Position = readonly [key: string, uploadId: string];

function firstPosition({
  prefix,
  delimiter,
  afterKey,
  afterUploadId,
}: ListUploadsQuery): Position | undefined {
  if (afterUploadId !== "" && compareUtf8(afterKey, prefix) >= 0) return [afterKey, afterUploadId];
  return beforeUploadsOf(firstKey({ prefix, delimiter, after: afterKey }));
}

function beforeUploadsOf(key: string | undefined): Position | undefined {
  return key === undefined ? undefined : [key, ""];
}

function summaryOfRow(row: UploadSummaryRow): UploadSummary {
  return {
    key: row.key,
    uploadId: row.upload_id,
    initiatedMs: row.initiated_ms,
    storageClass: row.storage_class,
    checksum: uploadChecksum(row.checksum_algorithm, row.checksum_type),
  };
}
