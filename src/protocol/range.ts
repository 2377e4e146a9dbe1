import { invalidArgument, S3Error } from "./errors.ts";
import { MAX_PARTS } from "./limits.ts";

/** A slice of an object's bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Bytes as a request names them, before the size of the object is known. */
export type RangeSpec = SpanSpec | SuffixSpec;

/** From one byte to another, both included. */
interface SpanSpec {
  readonly kind: "span";
  readonly first: number;
  /** Infinity: to the end. */
  readonly last: number;
}

/** That many bytes at the end. */
interface SuffixSpec {
  readonly kind: "suffix";
  readonly length: number;
}

const ONE_RANGE = /^\s*bytes\s*=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?$/i;

/**
 * The one range of a `Range` header. Undefined: send the whole object, as S3 does when the header is absent, malformed,
 * in another unit, or names several ranges.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
export function parseRange(header: string | null): RangeSpec | undefined {
  const match = header === null ? null : ONE_RANGE.exec(header);
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? undefined : { kind: "suffix", length: Number(last) };
  // Beyond 2^53 digits are lost, but so is the object's end.
  const span = spanOf(Number(first), last === "" ? Infinity : Number(last));
  return span.last < span.first ? undefined : span;
}

/** The bytes from `first` to `last`. */
export function spanOf(first: number, last: number): SpanSpec {
  return { kind: "span", first, last };
}

/** Which bytes of an object that are; undefined: it has none of them. */
export function resolveRange(spec: RangeSpec, sizeBytes: number): ByteRange | undefined {
  const offset = spec.kind === "span" ? spec.first : Math.max(sizeBytes - spec.length, 0);
  const end = spec.kind === "span" ? Math.min(spec.last + 1, sizeBytes) : sizeBytes;
  return offset < end ? { offset, length: end - offset } : undefined;
}

/**
 * The same for the answer to a request with that `Range`.
 *
 * @throws S3Error InvalidRange when the object has none of these bytes
 */
export function requireRange(headers: Headers, spec: RangeSpec, sizeBytes: number): ByteRange {
  const range = resolveRange(spec, sizeBytes);
  if (range !== undefined) return range;
  throw new S3Error("InvalidRange", {
    fields: { RangeRequested: headers.get("range") ?? "", ActualObjectSize: String(sizeBytes) },
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
  if (partNumber < 1 || partNumber > MAX_PARTS)
    throw invalidArgument(
      `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
      "partNumber",
      value,
    );
  return partNumber;
}

const COPY_RANGE_HEADER = "x-amz-copy-source-range";
const COPY_RANGE = /^bytes=(\d{1,16})-(\d{1,16})$/;

/**
 * `x-amz-copy-source-range` of UploadPartCopy. Undefined: all of the source.
 *
 * @throws S3Error InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
export function parseCopyRange(headers: Headers): SpanSpec | undefined {
  const header = headers.get(COPY_RANGE_HEADER);
  if (header === null) return undefined;
  const [, first, last] = COPY_RANGE.exec(header) ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first))
    throw invalidCopyRange(
      headers,
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
    );
  return spanOf(Number(first), Number(last));
}

/**
 * Which bytes of the source that are: they must all exist.
 *
 * @throws S3Error InvalidArgument; InvalidRequest when it begins beyond the end, as AWS has it
 */
export function requireCopyRange(
  headers: Headers,
  { first, last }: SpanSpec,
  sizeBytes: number,
): ByteRange {
  if (first >= sizeBytes) {
    const message = "The specified copy range is invalid for the source object size";
    throw new S3Error("InvalidRequest", { message });
  }
  if (last >= sizeBytes)
    throw invalidCopyRange(
      headers,
      `Range specified is not valid for source object of size: ${sizeBytes}`,
    );
  return { offset: first, length: last + 1 - first };
}

function invalidCopyRange(headers: Headers, message: string): S3Error {
  return invalidArgument(message, COPY_RANGE_HEADER, headers.get(COPY_RANGE_HEADER) ?? "");
}
