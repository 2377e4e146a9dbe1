import { S3Error } from "../../protocol/errors.ts";
import { MAX_PARTS } from "../../protocol/limits.ts";
import { areStoredHeaders } from "../../protocol/stored-headers.ts";
import { isVersionId } from "../../protocol/version-id.ts";
import { PART_COLUMNS, UPLOAD_COLUMNS } from "../../storage/wire/backup-pages.ts";
import type {
  BackupColumns,
  RestoredPart,
  RestoredUpload,
} from "../../storage/ports/backup-rows.ts";
import {
  areWhole,
  blobsOfContent,
  isColumn,
  isCount,
  isEtagOrEmpty,
  isObjectText,
  isRestoredContent,
  isWord,
  textOf,
} from "./read-restored.ts";

const UPLOAD_ID = /^[0-9a-hjkmnp-tv-z]{26}$/i;
const MAX_KEY_BYTES = 1024;
const JSON_COLUMNS = ["attributes", "access", "encryption"] as const;

/** Whether something is made as an upload under way is, whatever it says. */
export function isRestoredUpload(upload: Partial<RestoredUpload>): upload is RestoredUpload {
  const { columns, parts } = upload;
  const areColumns = (value: unknown): boolean =>
    typeof value === "object" && value !== null && Object.values(value).every(isColumn);
  return (
    areColumns(columns) &&
    Array.isArray(parts) &&
    parts.every(
      (part: Partial<RestoredPart> | null) =>
        areColumns(part?.columns) &&
        typeof part?.contentId === "string" &&
        isRestoredContent(part.segments ?? []),
    )
  );
}

/**
 * As `checkRestored` of versions: nothing in it is believed that could make a shard contradict itself.
 *
 * @throws S3Error InvalidRequest, with what is wrong
 */
export function checkRestoredUpload({ columns, parts }: RestoredUpload, shardName: string): void {
  const { key, upload_id: uploadId, version_id: versionId } = columns;
  const wrong = (what: string): S3Error =>
    new S3Error("InvalidRequest", { message: `The upload of ${JSON.stringify(key)} ${what}` });
  const unknown = unknownOf(columns, UPLOAD_COLUMNS);
  if (unknown.length > 0) throw wrong(`has ${unknown.join(", ")}, which is of a later version`);
  if (typeof key !== "string" || key === "" || Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw wrong("has no key");
  if (!key.isWellFormed()) throw wrong("has no key");
  if (typeof uploadId !== "string" || !UPLOAD_ID.test(uploadId)) throw wrong("has no id");
  if (!isCount(columns["initiated_ms"])) throw wrong("has no time");
  if (!isCount(columns["object_sequence"] ?? 0)) throw wrong("is for no object");
  if (
    !["storage_class", "checksum_algorithm", "checksum_type"].every((name) =>
      isWord(columns[name] ?? ""),
    )
  )
    throw wrong("has no storage class, or no checksum");
  if (versionId !== null && !isVersionId(String(versionId))) throw wrong("is for no version");
  if (JSON_COLUMNS.some((name) => !isObjectText(columns[name], true)))
    throw wrong("has attributes that cannot be read");
  const headers = columns["headers"];
  if (
    !isObjectText(headers, false) ||
    !areStoredHeaders(JSON.parse(textOf(headers) ?? "") as object)
  )
    throw wrong("has headers that no upload has");
  for (const part of parts) checkPart(part, shardName, wrong);
}

function checkPart(
  { columns, contentId, segments }: RestoredPart,
  shardName: string,
  wrong: (what: string) => S3Error,
): void {
  const { part_number: number, size_bytes: size } = columns;
  const unknown = unknownOf(columns, PART_COLUMNS);
  if (unknown.length > 0) throw wrong(`has ${unknown.join(", ")}, which is of a later version`);
  if (!isCount(number) || number < 1 || number > MAX_PARTS)
    throw wrong("has a part without a number");
  if (!isCount(size) || !isCount(columns["modified_ms"]))
    throw wrong(`has no size, or no time, of part ${number}`);
  if (!isEtagOrEmpty(columns["etag"])) throw wrong(`has no ETag of part ${number}`);
  if (!contentId.startsWith(`${shardName}/`)) throw wrong("has bytes of another shard");
  if (segments !== undefined && !areWhole(segments, size, shardName))
    throw wrong(`has segments that are not the bytes of part ${number}`);
}

function unknownOf(columns: BackupColumns, known: readonly string[]): readonly string[] {
  return Object.keys(columns).filter((name) => !known.includes(name));
}

/** The blobs that its parts need in the store. */
export function blobsOfUpload({ parts }: RestoredUpload): ReturnType<typeof blobsOfContent> {
  return parts.flatMap(({ columns, contentId, segments }) =>
    blobsOfContent({
      contentId,
      segments,
      sizeBytes: Number(columns["size_bytes"]),
      isSealed: typeof columns["sealed_key"] === "string",
    }),
  );
}
