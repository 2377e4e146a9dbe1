import { S3Error } from "../../protocol/errors.ts";
import { FileEnd } from "../../protocol/form/file-end.ts";
import {
  boundaryOf,
  type FormHead,
  FormHeadReader,
  malformedForm,
} from "../../protocol/form/form-head.ts";
import type { SizeRange } from "../../protocol/form/post-policy.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { contentLength, type IncomingBody, readPieces } from "./incoming-body.ts";

/** A form that has been read up to its file. */
export interface ReceivedForm {
  readonly body: ReadableStream<Uint8Array>;
  readonly head: FormHead;
  /** Of the whole form. */
  readonly formBytes: number;
  /** What has been read of it: the head, and the first of the file. */
  readonly readBytes: number;
}

/** A form whose signature was verified, and whose file may be stored. */
export interface FormUpload extends ReceivedForm {
  /** By lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  /** How large the file may be. */
  readonly range: SizeRange;
}

const NO_TRAILERS: ReadonlyMap<string, string> = new Map();

/**
 * Reads a form up to its file, which stays in the request's body but for its beginning.
 *
 * @throws S3Error MissingContentLength, MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument (there is no file),
 *   IncompleteBody, RequestTimeout
 */
export async function readFormHead(request: S3Request, idleMs: number): Promise<ReceivedForm> {
  const { headers, body } = request;
  const reader = new FormHeadReader(boundaryOf(headers.get("content-type") ?? ""));
  const formBytes = contentLength(request);
  let readBytes = 0;
  for await (const piece of readPieces(body, formBytes, idleMs)) {
    readBytes += piece.byteLength;
    const head = reader.push(piece);
    if (head !== undefined && body !== null) return { body, head, formBytes, readBytes };
  }
  return reader.end();
}

/**
 * The length of the file if nothing follows it but the form's last boundary, as every browser has it. It is at most some
 * bytes less than the file, and more by whatever else follows.
 */
export function likelyFileBytes({ head, formBytes }: ReceivedForm): number {
  const { delimiter, sizeBytes } = head;
  const lineEndBytes = delimiter.indexOf("--");
  return Math.max(0, formBytes - sizeBytes - delimiter.byteLength - 2 - lineEndBytes);
}

/**
 * The file's bytes, as they come; what follows it is read, and means nothing.
 *
 * @throws S3Error EntityTooLarge, EntityTooSmall, MalformedPOSTRequest (no boundary ends it), IncompleteBody, RequestTimeout
 */
export async function* fileChunks(
  form: FormUpload,
  idleMs: number,
): AsyncGenerator<Uint8Array, void> {
  const { body, head, formBytes, range } = form;
  const end = new FileEnd(head.delimiter);
  let { readBytes } = form;
  let sizeBytes = 0;
  const take = (piece: Uint8Array): Uint8Array => {
    const bytes = end.push(piece);
    sizeBytes += bytes.byteLength;
    if (sizeBytes > range.maxBytes)
      throw tooLarge(range, Math.max(sizeBytes, likelyFileBytes(form)));
    return bytes;
  };
  const first = take(head.rest);
  if (first.byteLength > 0) yield first;
  for await (const piece of readPieces(body, formBytes - readBytes, idleMs)) {
    readBytes += piece.byteLength;
    const bytes = take(piece);
    if (bytes.byteLength > 0) yield bytes;
  }
  if (readBytes !== formBytes) throw new S3Error("IncompleteBody");
  if (!end.hasEnded) throw malformedForm();
  if (sizeBytes < range.minBytes) throw tooSmall(range, sizeBytes);
}

/** A small file, held in memory, so that its length is known. @throws S3Error as {@link fileChunks} */
export async function heldFile(form: FormUpload, idleMs: number): Promise<IncomingBody> {
  const chunks: Uint8Array[] = [];
  // A chunk is valid until the next is asked for.
  for await (const chunk of fileChunks(form, idleMs)) chunks.push(new Uint8Array(chunk));
  const bytes = Buffer.concat(chunks);
  return bodyOf(bytes.byteLength, async function* () {
    yield bytes;
  });
}

export function bodyOf(sizeBytes: number, chunks: IncomingBody["chunks"]): IncomingBody {
  return { sizeBytes, native: undefined, chunks, trailers: () => NO_TRAILERS };
}

function tooLarge({ maxBytes }: SizeRange, sizeBytes: number): S3Error {
  const fields = { ProposedSize: String(sizeBytes), MaxSizeAllowed: String(maxBytes) };
  return new S3Error("EntityTooLarge", { fields });
}

function tooSmall({ minBytes }: SizeRange, sizeBytes: number): S3Error {
  const fields = { ProposedSize: String(sizeBytes), MinSizeAllowed: String(minBytes) };
  return new S3Error("EntityTooSmall", { fields });
}
