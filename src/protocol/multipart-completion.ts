import type { ChecksumAlgorithm, ChecksumValue } from "./checksums.ts";
import type { WriteConditions } from "./write-conditions.ts";
import type { ErrorCode } from "./errors.ts";
import { LEAST_PART_BYTES } from "./limits.ts";
import { combineChecksums, multipartEtag } from "./multipart-checksum.ts";
import type { ReplicaDraft, StoredChecksum } from "./object-record.ts";

export interface UploadChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: StoredChecksum["type"];
}

/** What completing an upload asks of it. */
export interface PendingUpload {
  readonly uploadId: string;
  /** Undefined: the object will have no checksum. */
  readonly checksum: UploadChecksum | undefined;
}

export interface PartRecord {
  readonly partNumber: number;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly checksum: StoredChecksum | undefined;
}

/** One `<Part>` of CompleteMultipartUpload. */
export interface ListedPart {
  readonly partNumber: number;
  /** Without quotes. */
  readonly etag: string;
  /** Undefined when the request gave none. */
  readonly checksum: ChecksumValue | undefined;
}

export interface Completion {
  /** Of another Ledge's version: as in `ReplicaDraft`. */
  readonly newer?: readonly string[];
  /** The version that is imported, which the upload has been begun for. */
  readonly imported?: ReplicaDraft;
  /** In ascending order of number, each number once; at least one. */
  readonly parts: readonly ListedPart[];
  readonly conditions: WriteConditions;
  /** `x-amz-mp-object-size`. */
  readonly sizeBytes: number | undefined;
  /** `x-amz-checksum-*` of the whole object; a composite one with its `-N`. */
  readonly checksum: ChecksumValue | undefined;
  /** `x-amz-checksum-type`. */
  readonly checksumType: StoredChecksum["type"] | undefined;
  /** How the upload is encrypted, when the request has brought the customer's key that it is encrypted with. */
  readonly encryption?: string | undefined;
}

/** An error of S3 as a value, since errors lose their properties between Worker and Durable Object. */
export interface CompletionRefusal {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** What an object of parts will be. */
export interface JoinedParts {
  readonly ok: true;
  /** Without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly checksum: StoredChecksum | undefined;
}

/**
 * What the object will be, if the parts that were uploaded are what the completion lists and expects.
 *
 * Errors: InvalidPart, EntityTooSmall, BadDigest, InvalidRequest, NotImplemented.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export function completeParts(
  upload: PendingUpload,
  uploaded: readonly PartRecord[],
  completion: Completion,
): JoinedParts | CompletionRefusal {
  const selection = selectParts(upload, uploaded, completion.parts);
  if (!selection.ok) return selection;
  const joined = joinParts(upload, selection.parts, completion);
  if (!joined.ok) return joined;
  const unvouched = completion.parts.find((part) => part.checksum === undefined);
  return upload.checksum?.type === "COMPOSITE" && unvouched !== undefined
    ? missingChecksum(upload.checksum.algorithm, unvouched.partNumber)
    : joined;
}

type Selection = { readonly ok: true; readonly parts: readonly PartRecord[] } | CompletionRefusal;

/** The parts that were uploaded, as the client lists them. */
function selectParts(
  { uploadId, checksum }: PendingUpload,
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

/** One object of them, if it is what the client expects. */
function joinParts(
  upload: PendingUpload,
  parts: readonly PartRecord[],
  { sizeBytes: expectedBytes, checksum: expected, checksumType }: Completion,
): JoinedParts | CompletionRefusal {
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
  { checksum }: PendingUpload,
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

function missingChecksum(algorithm: ChecksumAlgorithm, partNumber: number): CompletionRefusal {
  return {
    ok: false,
    code: "InvalidRequest",
    message: `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${partNumber} in the request.`,
  };
}

function refuse(code: ErrorCode, fields: Readonly<Record<string, string>>): CompletionRefusal {
  return { ok: false, code, fields };
}
