import { storedBytes } from "../../lib/frames.ts";
import { keptInlineBytes, readEncryption } from "../../protocol/encryption/stored-encryption.ts";
import { S3Error } from "../../protocol/errors.ts";
import { isEtag } from "../../protocol/etag.ts";
import { areStoredHeaders } from "../../protocol/stored-headers.ts";
import { isReservedVersionId, isVersionId, sequenceOfVersion } from "../../protocol/version-id.ts";
import { unknownColumns } from "../../storage/bucket-shard/backup/restored-row.ts";
import type { BackupKeys } from "../../storage/ports/backup-directory.ts";
import type {
  BackupColumns,
  BackupSegment,
  RestoredVersion,
} from "../../storage/ports/backup-rows.ts";

/** Far more than a shard ever gives, and few enough for what a version's id has room for. */
export const MAX_SEQUENCE = 2 ** 50;
const MAX_KEY_BYTES = 1024;
const JSON_COLUMNS = ["headers", "attributes", "access", "encryption"] as const;
/** What stands in a header; a delete marker has none. */
const WORD = /^[\w+/=-]{0,128}$/;

/**
 * Checks a version of a backup, which may have been damaged, or changed by somebody: nothing in it is believed that could make a
 * shard contradict itself, or reach beyond the bucket.
 *
 * @param shardName of the shard of its key
 * @throws S3Error InvalidRequest, with what is wrong
 */
export function checkRestored(version: RestoredVersion, shardName: string): void {
  const { columns, table, body, segments, contentId } = version;
  const { key, sequence, size_bytes: size, is_marker: marker } = columns;
  const wrong = (what: string): S3Error =>
    new S3Error("InvalidRequest", { message: `The version of ${JSON.stringify(key)} ${what}` });

  const unknown = unknownColumns(version);
  if (unknown.length > 0)
    throw wrong(`has ${unknown.join(", ")}, which a later version of Ledge has written`);
  if (typeof key !== "string" || key === "" || Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw wrong("has no key");
  if (!key.isWellFormed()) throw wrong("has no key");
  if (!isCount(sequence) || sequence < 1 || sequence > MAX_SEQUENCE) throw wrong("has no number");
  if (!isCount(size) || !isCount(columns["modified_ms"])) throw wrong("has no size, or no time");
  if (table !== "object" && table !== "version") throw wrong("is of no table");
  if (!isEtagOrEmpty(columns["etag"]) || !isWord(columns["storage_class"]))
    throw wrong("has no ETag, or no storage class");
  if (JSON_COLUMNS.some((name) => !isObjectText(columns[name], name !== "headers")))
    throw wrong("has headers or attributes that cannot be read");
  if (!areStoredHeaders(JSON.parse(textOf(columns["headers"]) ?? "{}") as object))
    throw wrong("has headers that no upload has");
  if (!hasGoodId(columns)) throw wrong("has an id that it would not be found by");
  if (marker === 1) {
    const hasBytes = [body, segments, contentId].some((each) => each !== undefined);
    if (table === "object" || hasBytes || size !== 0) throw wrong("is a delete marker with bytes");
    return;
  }
  if (body !== undefined) {
    if (contentId !== undefined || segments !== undefined) throw wrong("has bytes in two places");
    const kept = keptInlineBytes(size, textOf(columns["encryption"]));
    if (Buffer.from(body, "base64").byteLength !== kept)
      throw wrong("has other bytes than its size");
    return;
  }
  if (contentId?.startsWith(`${shardName}/`) !== true) throw wrong("has bytes of another shard");
  if (segments !== undefined && !areWhole(segments, size, shardName))
    throw wrong("has segments that are not its bytes");
}

/** Whether something is made as a version is, whatever it says. */
export function isRestoredVersion(version: Partial<RestoredVersion>): version is RestoredVersion {
  const { columns, body, contentId, segments = [] } = version;
  if (typeof columns !== "object" || columns === null) return false;
  return (
    Object.values(columns).every(isColumn) &&
    [body, contentId].every(isTextOrAbsent) &&
    isRestoredContent(segments)
  );
}

/** Whether something is a list of segments, whatever they say. */
export function isRestoredContent(segments: unknown): boolean {
  return (
    Array.isArray(segments) &&
    segments.every(
      (segment: Partial<BackupSegment> | null) =>
        typeof segment?.blobId === "string" &&
        [segment.sealedKey, segment.checksum].every(isTextOrAbsent),
    )
  );
}

/** An ETag, as an import may have brought it; a delete marker has none. */
export function isEtagOrEmpty(value: unknown): boolean {
  return typeof value === "string" && (value === "" || isEtag(value));
}

/** What a storage class, or an algorithm is; nothing as well. */
export function isWord(value: unknown): boolean {
  return typeof value === "string" && WORD.test(value);
}

/** What a column of a row may be, in JSON. */
export function isColumn(value: unknown): boolean {
  return value === null || typeof value === "string" || Number.isFinite(value);
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

/** Whether the keys of an account are made as a backup has them. */
export function areKeys({ keys, materials, aliases }: Partial<BackupKeys>): boolean {
  return [keys, materials, aliases].every(
    (rows) =>
      Array.isArray(rows) &&
      rows.every(
        (row: unknown) =>
          typeof row === "object" && row !== null && Object.values(row).every(isColumn),
      ),
  );
}

/** The blobs that a version needs in the store, and how many bytes each may have there. */
export function blobsOfRestored({
  columns,
  contentId,
  segments,
}: RestoredVersion): readonly NeededBlob[] {
  if (contentId === undefined) return [];
  const isStitched = columns["part_count"] !== null && columns["part_count"] !== undefined;
  // An earlier version has brought it.
  if (segments === undefined && isStitched) return [];
  const sizeBytes = Number(columns["size_bytes"]);
  return blobsOfContent({
    contentId,
    segments,
    sizeBytes,
    isSealed: columns["sealed_key"] !== null,
  });
}

interface NeededBlob {
  readonly blobId: string;
  readonly allowedBytes: readonly number[];
}

interface NeededContent {
  readonly contentId: string;
  readonly segments: readonly BackupSegment[] | undefined;
  readonly sizeBytes: number;
  readonly isSealed: boolean;
}

/** The same of a content: of its segments, or of the one blob that it is. */
export function blobsOfContent({
  contentId,
  segments,
  sizeBytes: size,
  isSealed: isBlobSealed,
}: NeededContent): readonly NeededBlob[] {
  const allowed = (sizeBytes: number, isSealed: boolean): readonly number[] =>
    isSealed ? [storedBytes(sizeBytes, 1), storedBytes(sizeBytes, 2)] : [sizeBytes];
  if (segments !== undefined)
    return segments.map(({ blobId, blobSizeBytes, sealedKey }) => ({
      blobId,
      allowedBytes: allowed(blobSizeBytes, sealedKey !== undefined),
    }));
  return [{ blobId: contentId, allowedBytes: allowed(size, isBlobSealed) }];
}

/** The object's key stays wrapped for the bucket that it was in. @param bucketId of that bucket */
export function encryptionOf(column: string, bucketId: string): string {
  const stored = readEncryption(column);
  return stored.w === undefined ? column : JSON.stringify({ b: bucketId, ...stored });
}

function hasGoodId({ version_id: id, is_foreign: foreign, sequence }: BackupColumns): boolean {
  if (id === null || id === undefined) return foreign !== 1;
  if (typeof id !== "string" || !isVersionId(id)) return false;
  return foreign === 1 || (!isReservedVersionId(id) && sequenceOfVersion(id) === sequence);
}

export function areWhole(
  segments: readonly BackupSegment[],
  size: number,
  shardName: string,
): boolean {
  let end = 0;
  let part = 0;
  for (const segment of segments) {
    const { offsetBytes, sizeBytes, blobOffsetBytes, blobSizeBytes, partNumber } = segment;
    const numbers = [sizeBytes, blobOffsetBytes, blobSizeBytes, partNumber];
    if (!numbers.every(isCount) || offsetBytes !== end || partNumber < part) return false;
    if (blobOffsetBytes + sizeBytes > blobSizeBytes) return false;
    if (!segment.blobId.startsWith(`${shardName}/`)) return false;
    end += sizeBytes;
    part = partNumber;
  }
  return segments.length > 0 && end >= size;
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function isObjectText(text: unknown, mayLack: boolean): boolean {
  if (text === null || text === undefined) return mayLack;
  if (typeof text !== "string") return false;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
