import { hash } from "node:crypto";
import { ulid } from "../../../lib/ulid.ts";
import type { ChecksumAlgorithm } from "../../../protocol/checksums.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { LEAST_PART_BYTES, MAX_PARTS } from "../../../protocol/limits.ts";
import { combineChecksums, multipartEtag } from "../../../protocol/multipart-checksum.ts";
import type { StoredChecksum } from "../../../protocol/object-record.ts";
import { refusalDetail } from "../../../protocol/refusal.ts";
import type { WriteConditions } from "../../../protocol/write-conditions.ts";
import type {
  CompletedUpload,
  Completion,
  ListedPart,
  PartRecord,
  Refusal,
  UploadRecord,
} from "../../ports/upload-index.ts";
import { readChecksum, writeChecksum } from "../../wire/checksum-column.ts";
import { addContent } from "../contents/contents.ts";
import { stitchParts } from "../contents/segments.ts";
import { newRow, placeObject } from "../objects/place-object.ts";
import { findObject } from "../rows/find-object.ts";
import { checkObject } from "../rows/object-row.ts";
import type { Transaction } from "../transaction.ts";
import { dropOtherParts, listParts, removeUpload } from "./uploads.ts";

/** What S3 asks of every part but the last. */

/** How long a completion may be repeated. */
const COMPLETION_MEMORY_MS = 86_400_000;

/**
 * Makes the listed parts the object of `key`. No byte is moved: the segments of the object refer to the parts' blobs.
 * What is not listed becomes garbage.
 */
export function completeUpload(
  transaction: Transaction,
  key: string,
  uploadId: string,
  completion: Completion,
): CompletedUpload | Refusal {
  const { sql, state, nowMs } = transaction;
  const page = listParts(sql, key, uploadId, 0, MAX_PARTS);
  if (page === undefined)
    return (
      recall(sql, uploadId, fingerprint(key, completion)) ?? { ok: false, code: "NoSuchUpload" }
    );
  const { upload } = page;
  const selection = selectParts(upload, page.parts, completion.parts);
  if (!selection.ok) return selection;
  const joined = joinParts(upload, selection.parts, completion);
  if (!joined.ok) return joined;
  const unvouched = completion.parts.find((part) => part.checksum === undefined);
  if (upload.checksum?.type === "COMPOSITE" && unvouched !== undefined)
    return missingChecksum(upload.checksum.algorithm, unvouched.partNumber);
  const existing = findObject(sql, key);
  const { conditions } = completion;
  const refusal = checkObject(conditions, existing);
  if (refusal !== undefined)
    return { ok: false, code: refusal.reason, ...refusalDetail(refusal, { key }) };
  if (isConditional(conditions) && existing?.sequence !== upload.objectSequence)
    return refuse("ConditionalRequestConflict", {
      Condition: conditions.ifMatch === undefined ? "If-None-Match" : "If-Match",
      Key: key,
    });

  const contentId = `${state.name}/${ulid(nowMs)}`;
  if (selection.parts.length < page.parts.length)
    dropOtherParts(transaction, uploadId, selection.parts);
  stitchParts(sql, contentId, uploadId);
  addContent(sql, contentId);
  const { storageClass, headers, attributes } = upload;
  const partCount = selection.parts.length;
  const draft = { ...joined, storageClass, headers, attributes, partCount };
  const row = newRow(transaction, draft);
  const by = "CompleteMultipartUpload";
  const versionId = placeObject(transaction, { by, key, existing, row, content: contentId });
  removeUpload(transaction, key, uploadId);
  const completed: CompletedUpload = { ...joined, versionId };
  remember(transaction, uploadId, fingerprint(key, completion), completed);
  return completed;
}

function isConditional({ ifMatch, ifNoneMatch }: WriteConditions): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined;
}

type Selection = { readonly ok: true; readonly parts: readonly PartRecord[] } | Refusal;

/** The parts that were uploaded, as the client lists them. */
function selectParts(
  { uploadId, checksum }: UploadRecord,
  uploaded: readonly PartRecord[],
  listed: readonly ListedPart[],
): Selection {
  const byNumber = new Map(uploaded.map((part) => [part.partNumber, part]));
  const parts: PartRecord[] = [];
  for (const { partNumber, etag, checksum: given } of listed) {
    const part = byNumber.get(partNumber);
    if (given !== undefined && checksum !== undefined && given.algorithm !== checksum.algorithm)
      return {
        ok: false,
        code: "BadDigest",
        message: `The ${given.algorithm.toLowerCase()} you specified for part ${partNumber} did not match what we received.`,
      };
    if (part === undefined || part.etag !== etag || !hasChecksum(part, given?.value))
      return refuse("InvalidPart", {
        UploadId: uploadId,
        PartNumber: String(partNumber),
        ETag: etag,
      });
    parts.push(part);
  }
  const tooSmall = parts.slice(0, -1).find(({ sizeBytes }) => sizeBytes < LEAST_PART_BYTES);
  if (tooSmall === undefined) return { ok: true, parts };
  return refuse("EntityTooSmall", {
    ProposedSize: String(tooSmall.sizeBytes),
    MinSizeAllowed: String(LEAST_PART_BYTES),
    PartNumber: String(tooSmall.partNumber),
    ETag: tooSmall.etag,
  });
}

/**
 * A part of an upload without an algorithm has none, whatever it was sent with
 * (https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json,
 * test_complete_multipart_parts_checksum_default).
 */
function hasChecksum({ checksum }: PartRecord, value: string | undefined): boolean {
  return value === undefined || checksum?.value === value;
}

type Joined = Omit<CompletedUpload, "versionId">;

/** What the object will be, if it is what the client expects. */
function joinParts(
  upload: UploadRecord,
  parts: readonly PartRecord[],
  { sizeBytes: expectedBytes, checksum: expected, checksumType }: Completion,
): Joined | Refusal {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (expectedBytes !== undefined && expectedBytes !== sizeBytes)
    return {
      ok: false,
      code: "InvalidRequest",
      message: `The provided 'x-amz-mp-object-size' header value ${expectedBytes} does not match what was computed: ${sizeBytes}`,
    };
  if (checksumType !== undefined && checksumType !== upload.checksum?.type)
    return {
      ok: false,
      code: "InvalidRequest",
      message: `The upload was created using the ${upload.checksum?.type ?? "null"} checksum mode. The complete request must use the same checksum mode.`,
    };
  const checksum = joinChecksums(upload, parts);
  if (expected !== undefined && checksum === undefined)
    return {
      ok: false,
      code: "NotImplemented",
      message:
        "The checksum of an object whose upload was created without x-amz-checksum-algorithm cannot be verified.",
    };
  if (expected !== undefined && checksum !== undefined) {
    const isMet =
      expected.algorithm === checksum.algorithm &&
      withoutCount(expected.value) === withoutCount(checksum.value);
    if (!isMet)
      return {
        ok: false,
        code: "BadDigest",
        message: `The ${expected.algorithm.toLowerCase()} you specified did not match the calculated checksum.`,
      };
  }
  return { ok: true, etag: multipartEtag(parts.map(({ etag }) => etag)), sizeBytes, checksum };
}

/** Undefined when the upload has no algorithm. */
function joinChecksums(
  { checksum }: UploadRecord,
  parts: readonly PartRecord[],
): StoredChecksum | undefined {
  if (checksum === undefined) return undefined;
  const { algorithm, type } = checksum;
  const values = parts.map((part) => ({
    value: part.checksum?.value ?? "",
    sizeBytes: part.sizeBytes,
  }));
  return { algorithm, type, value: combineChecksums(algorithm, type, values) };
}

/** SDKs send a composite checksum with its `-N`, or without. */
function withoutCount(checksum: string): string {
  return checksum.split("-", 1)[0] ?? "";
}

function missingChecksum(algorithm: ChecksumAlgorithm, partNumber: number): Refusal {
  return {
    ok: false,
    code: "InvalidRequest",
    message: `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${partNumber} in the request.`,
  };
}

function refuse(code: ErrorCode, fields: Readonly<Record<string, string>>): Refusal {
  return { ok: false, code, fields };
}

/** A completion is known again by its key and what it lists. */
function fingerprint(key: string, { parts }: Completion): string {
  const listed = parts.map(({ partNumber, etag }) => `${partNumber} ${etag}`);
  return hash("sha256", [...listed, key].join("\n"), "hex");
}

function remember(
  { sql, nowMs, schedule }: Transaction,
  uploadId: string,
  requestSha256: string,
  { etag, sizeBytes, checksum, versionId }: CompletedUpload,
): void {
  schedule("completions", nowMs + COMPLETION_MEMORY_MS);
  sql.exec(
    `INSERT INTO completed_upload
       (upload_id, completed_ms, request_sha256, etag, size_bytes, checksum, version_id)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    uploadId,
    nowMs,
    requestSha256,
    etag,
    sizeBytes,
    writeChecksum(checksum),
    versionId ?? null,
  );
}

/** What the same completion was answered before: the client did not get that answer, or got it and asks again. */
function recall(
  sql: SqlStorage,
  uploadId: string,
  requestSha256: string,
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
      requestSha256,
    )
    .toArray()[0];
  return (
    row && {
      ok: true,
      etag: row.etag,
      sizeBytes: row.size_bytes,
      checksum: readChecksum(row.checksum),
      versionId: row.version_id ?? undefined,
    }
  );
}

/** @returns when the oldest of the others is to be forgotten; undefined when there is none */
export function forgetCompletions({ sql, nowMs }: Transaction): number | undefined {
  const beforeMs = nowMs - COMPLETION_MEMORY_MS;
  sql.exec("DELETE FROM completed_upload WHERE completed_ms <= ?", beforeMs);
  const query = "SELECT MIN(completed_ms) AS oldest FROM completed_upload";
  const oldestMs = sql.exec<{ oldest: number | null }>(query).one().oldest;
  return oldestMs === null ? undefined : oldestMs + COMPLETION_MEMORY_MS;
}
