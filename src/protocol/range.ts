import { invalidArgument, S3Error } from "./errors.ts";

/** A slice of an object's bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

const ONE_RANGE = /^\s*bytes\s*=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?$/i;

/**
 * The one range of a `Range` header. Undefined: send the whole object, as S3 does when the header is absent, malformed,
 * in another unit, or names several ranges.
 *
 * @throws S3Error InvalidRange when the object has none of these bytes
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
export function resolveRange(header: string | null, sizeBytes: number): ByteRange | undefined {
  if (header === null) return undefined;
  const match = ONE_RANGE.exec(header);
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? undefined : suffix(Number(last), sizeBytes, header);

  // Beyond 2^53 digits are lost, but so is the object's end.
  const offset = Number(first);
  const end = last === "" ? sizeBytes : Number(last) + 1;
  if (last !== "" && end <= offset) return undefined;
  if (offset >= sizeBytes) throw invalidRange(header, sizeBytes);
  return { offset, length: Math.min(end, sizeBytes) - offset };
}

function suffix(suffixBytes: number, sizeBytes: number, header: string): ByteRange {
  const length = Math.min(suffixBytes, sizeBytes);
  if (length === 0) throw invalidRange(header, sizeBytes);
  return { offset: sizeBytes - length, length };
}

function invalidRange(header: string, sizeBytes: number): S3Error {
  return new S3Error("InvalidRange", {
    fields: { RangeRequested: header, ActualObjectSize: String(sizeBytes) },
    headers: { "Content-Range": `bytes */${sizeBytes}` },
  });
}

/** The `Content-Range` of a 206. */
export function contentRange({ offset, length }: ByteRange, sizeBytes: number): string {
  return `bytes ${offset}-${offset + length - 1}/${sizeBytes}`;
}

/** @throws S3Error InvalidArgument unless it is a whole number from 1 to 10,000 */
export function parsePartNumber(value: string): number {
  const partNumber = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (partNumber < 1 || partNumber > 10_000)
    throw invalidArgument(
      "Part number must be an integer between 1 and 10000, inclusive",
      "partNumber",
      value,
    );
  return partNumber;
}

const COPY_RANGE = /^bytes=(\d{1,16})-(\d{1,16})$/;

/**
 * `x-amz-copy-source-range` of UploadPartCopy, which must name bytes that all exist. Undefined: all of the source.
 *
 * @throws S3Error InvalidArgument; InvalidRequest when it begins beyond the end, as AWS has it
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
export function parseCopyRange(headers: Headers, sizeBytes: number): ByteRange | undefined {
  const header = headers.get("x-amz-copy-source-range");
  if (header === null) return undefined;
  const [, first, last] = COPY_RANGE.exec(header) ?? [];
  const offset = Number(first);
  const end = Number(last) + 1;
  if (first === undefined || last === undefined || end <= offset)
    throw invalidCopyRange(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      header,
    );
  if (offset >= sizeBytes) {
    const message = "The specified copy range is invalid for the source object size";
    throw new S3Error("InvalidRequest", { message });
  }
  if (end > sizeBytes)
    throw invalidCopyRange(
      `Range specified is not valid for source object of size: ${sizeBytes}`,
      header,
    );
  return { offset, length: end - offset };
}

function invalidCopyRange(message: string, header: string): S3Error {
  return invalidArgument(message, "x-amz-copy-source-range", header);
}
