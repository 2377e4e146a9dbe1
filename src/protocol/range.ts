import { invalidArgument, S3Error } from "./errors.ts";

/** A slice of an object's bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

const ONE_RANGE = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i;

/**
 * The one range of a `Range` header. Undefined: send the whole object, as S3 does when the header is absent, malformed,
 * in another unit, or names several ranges.
 *
 * @throws S3Error InvalidRange when the object has none of these bytes
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
export function resolveRange(header: string | null, sizeBytes: number): ByteRange | undefined {
  if (header === null) return undefined;
  const [, first, last] = ONE_RANGE.exec(header) ?? [];
  if (first === undefined || last === undefined) return undefined;
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
