import type {
  ListUploadsQuery,
  UploadEntry,
  UploadPage,
  UploadSummary,
} from "../../ports/upload-index.ts";
import { readUploadAccess } from "../../wire/upload-access-column.ts";
import { endOfPrefix, firstKey, foldedPage, isListedItself } from "../rows/fold.ts";
import { leapOverPrefixes, leapQuery } from "../rows/leap.ts";
import { uploadChecksum } from "./uploads.ts";

interface UploadSummaryRow extends Record<string, SqlStorageValue> {
  key: string;
  upload_id: string;
  initiated_ms: number;
  storage_class: string;
  checksum_algorithm: string | null;
  checksum_type: string | null;
  version_id: string | null;
  access: string | null;
}

const COLUMNS =
  "key, upload_id, initiated_ms, storage_class, checksum_algorithm, checksum_type, version_id, access";

const QUERY = `SELECT ${COLUMNS} FROM upload
  WHERE (key, upload_id) > (?, ?) AND key < ? ORDER BY key, upload_id LIMIT ?`;

const LEAP_QUERY = leapQuery("upload");

/** Uploads that come after this one, which need not be there. */
type Position = readonly [key: string, uploadId: string];

/** One page in the order of the keys' UTF-8 bytes, then of the uploads' beginning. It folds as `listObjects` does. */
export function listUploads(sql: SqlStorage, query: ListUploadsQuery): UploadPage {
  const end = endOfPrefix(query.prefix);
  const { entries, isTruncated } = foldedPage<UploadSummaryRow, Position>(
    {
      scan: (from, limit) => sql.exec<UploadSummaryRow>(QUERY, ...from, end, limit).toArray(),
      keyOf: ({ key }) => key,
      behind: ({ key, upload_id: uploadId }) => [key, uploadId],
      leap(from, limit) {
        const { found, next } = leapOverPrefixes(sql, LEAP_QUERY, from, query, limit);
        return { found, next: beforeUploadsOf(next) };
      },
    },
    query,
    firstPosition(query),
  );
  return { entries: entries.map(entryOf), isTruncated };
}

function firstPosition(query: ListUploadsQuery): Position | undefined {
  const { afterKey, afterUploadId } = query;
  if (afterUploadId !== "" && isListedItself(afterKey, query)) return [afterKey, afterUploadId];
  return beforeUploadsOf(firstKey({ ...query, after: afterKey }));
}

function beforeUploadsOf(key: string | undefined): Position | undefined {
  return key === undefined ? undefined : [key, ""];
}

function entryOf(entry: UploadSummaryRow | string): UploadEntry {
  if (typeof entry === "string") return { kind: "prefix", prefix: entry };
  return { kind: "upload", upload: summaryOfRow(entry) };
}

function summaryOfRow(row: UploadSummaryRow): UploadSummary {
  const { owner, initiator } = readUploadAccess(row.access);
  return {
    key: row.key,
    uploadId: row.upload_id,
    initiatedMs: row.initiated_ms,
    storageClass: row.storage_class,
    checksum: uploadChecksum(row.checksum_algorithm, row.checksum_type),
    owner,
    initiator,
    ...(row.version_id !== null && { versionId: row.version_id }),
  };
}
