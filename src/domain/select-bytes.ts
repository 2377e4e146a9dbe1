import { S3Error } from "../protocol/errors.ts";
import type { Content, Located, ObjectRecord, StoredChecksum } from "../protocol/object-record.ts";
import { type ByteRange, requireRange } from "../protocol/range.ts";
import type { ContentIndex, Wanted } from "../storage/ports/content-index.ts";

/** What a read of an object is to answer with. */
export interface Selection {
  /** Undefined: the whole object. */
  readonly range: ByteRange | undefined;
  /** The checksum of just these bytes. */
  readonly checksum: StoredChecksum | undefined;
  /** Told only to who asks for a part of a multipart object. */
  readonly partCount: number | undefined;
  /** Where these bytes are in a stitched content, as far as that is known. */
  readonly located: Located | undefined;
}

/**
 * The bytes of a record that the request asks for. Another shard is asked when it stitched the content and a part is
 * wanted.
 *
 * @param headers of the request
 * @throws S3Error InvalidRange, InvalidPartNumber
 */
export async function selectBytes(
  contents: ContentIndex,
  record: ObjectRecord,
  wanted: Wanted,
  headers: Headers,
): Promise<Selection> {
  const { sizeBytes, checksum, content } = record;
  const { partNumber } = wanted;
  if (partNumber === undefined) {
    const range = wanted.range && requireRange(headers, wanted.range, sizeBytes);
    const located = content?.kind === "stitched" ? content.located : undefined;
    return { range, checksum: checksumOf(record, range), partCount: undefined, located };
  }
  if (content?.kind !== "stitched") {
    // AWS answers part 1 of an object that was put whole with 206 and a Content-Range of all of it.
    if (partNumber !== 1) throw noSuchPart(partNumber, 1);
    return {
      range: rangeOf({ offset: 0, length: sizeBytes }, record),
      checksum,
      partCount: undefined,
      located: undefined,
    };
  }
  const { partCount } = content;
  const located = content.located ?? (await contents.locate(content.contentId, sizeBytes, wanted));
  const { part } = located;
  if (part === undefined) throw noSuchPart(partNumber, partCount);
  return {
    range: rangeOf(part, record),
    checksum: part.checksum && checksum && { ...part.checksum, type: checksum.type },
    partCount,
    located,
  };
}

/** All of a record whose index was asked for a range: where that begins is of no use. */
export function wholeOf({ checksum }: ObjectRecord): Selection {
  return { range: undefined, checksum, partCount: undefined, located: undefined };
}

/** A record's content, where the selected bytes of it are known. */
export function selectedContent(content: Content, { located }: Selection): Content {
  return content.kind === "stitched" ? { ...content, located } : content;
}

/**
 * Beside a slice, the checksum of the whole would tell SDKs that the slice is corrupt; a range of the whole has it, as on
 * AWS (recorded 2026-02:
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_api.snapshot.json, test_get_object_range).
 * But not a composite one: AWS tells that without its number of parts then, and clients took it for one of the bytes
 * (https://github.com/boto/botocore/issues/3346).
 */
function checksumOf(
  { checksum, sizeBytes }: ObjectRecord,
  range: ByteRange | undefined,
): StoredChecksum | undefined {
  if (range === undefined) return checksum;
  const isWhole = range.length === sizeBytes && checksum?.type === "FULL_OBJECT";
  return isWhole ? checksum : undefined;
}

/** Undefined for an object without bytes: Content-Range cannot name a range of it. */
function rangeOf(
  { offset, length }: ByteRange,
  { sizeBytes }: ObjectRecord,
): ByteRange | undefined {
  return sizeBytes === 0 ? undefined : { offset, length };
}

function noSuchPart(partNumber: number, partCount: number): S3Error {
  return new S3Error("InvalidPartNumber", {
    fields: { ActualPartCount: String(partCount), PartNumberRequested: String(partNumber) },
  });
}
