import { type Infer, integer, many, object, one, optional, text } from "../../lib/xml-shape.ts";
import { checksumElement } from "../../protocol/checksum-headers.ts";
import {
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  parseGivenChecksum,
} from "../../protocol/checksums.ts";
import { parseWriteConditions } from "../../protocol/write-conditions.ts";
import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import { unquoteEtag } from "../../protocol/etag.ts";
import { MAX_PARTS } from "../../protocol/limits.ts";
import { parseChecksumType } from "../../protocol/multipart-checksum.ts";
import { readXml } from "../../protocol/read-xml.ts";
import type { Completion, ListedPart } from "../../protocol/multipart-completion.ts";

type ChecksumFields = Record<
  ReturnType<typeof checksumElement<ChecksumAlgorithm>>,
  ReturnType<typeof optional<string>>
>;

const CHECKSUM_FIELDS = Object.fromEntries(
  CHECKSUM_ALGORITHMS.map((algorithm) => [checksumElement(algorithm), optional(text)]),
) as ChecksumFields;

const Part = object({ PartNumber: one(integer), ETag: one(text), ...CHECKSUM_FIELDS });
const CompleteMultipartUpload = object({ Part: many(Part) });

type Part = Infer<typeof Part>;

/**
 * What a CompleteMultipartUpload asks for, in its document and its headers.
 *
 * @throws S3Error MalformedXML, InvalidPartOrder, InvalidArgument, InvalidRequest, NotImplemented (conditions that S3 does
 * not know)
 */
export function parseCompletion(
  document: Uint8Array,
  headers: Headers,
  uploadId: string,
): Completion {
  if (document.byteLength === 0)
    throw new S3Error("InvalidRequest", { message: "You must specify at least one part" });
  const { Part: parts } = readXml(document, "CompleteMultipartUpload", CompleteMultipartUpload);
  if (parts.length === 0 || parts.length > MAX_PARTS) throw new S3Error("MalformedXML");
  const isAscending = parts.every(
    ({ PartNumber }, i) => i === 0 || PartNumber > (parts[i - 1]?.PartNumber ?? 0),
  );
  if (!isAscending) throw new S3Error("InvalidPartOrder", { fields: { UploadId: uploadId } });
  return {
    parts: parts.map(listedPart),
    conditions: parseWriteConditions(headers),
    sizeBytes: parseObjectSize(headers.get("x-amz-mp-object-size")),
    // Of any algorithm: if the object turns out to have another value, the answer is BadDigest.
    checksum: parseGivenChecksum(headers),
    checksumType: parseChecksumType(headers),
  };
}

function listedPart(part: Part): ListedPart {
  const { PartNumber, ETag } = part;
  // A number over 10,000 is not refused here: there is no such part, so that the answer is InvalidPart.
  if (PartNumber < 1)
    throw invalidArgument("PartNumber must be >= 1", "PartNumber", String(PartNumber));
  const given = CHECKSUM_ALGORITHMS.filter((name) => part[checksumElement(name)] !== undefined);
  if (given.length > 1)
    throw invalidArgument(
      "Invalid Base64 or multiple checksums present in request",
      "Checksum",
      given.map((name) => `${name}:${part[checksumElement(name)]};`).join(""),
    );
  const [algorithm] = given;
  return {
    partNumber: PartNumber,
    etag: unquoteEtag(ETag.trim()),
    checksum: algorithm && { algorithm, value: part[checksumElement(algorithm)] ?? "" },
  };
}

function parseObjectSize(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new S3Error("InvalidRequest", {
    message: `Value for x-amz-mp-object-size header is invalid: '${value}'`,
  });
}
