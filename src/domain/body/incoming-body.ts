import type { Settings } from "../../env.ts";
import { receiptToWrite } from "../../lib/receipts.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { BlobSource } from "../../storage/ports/blob-store.ts";
import { ChunkedDecoder } from "../auth/chunked-body.ts";
import type { Payload } from "../auth/payload.ts";
import { Watchdog } from "./watchdog.ts";

/** The cost of reading is by the chunk, not by the byte (measured 2026-11: 4 KiB chunks take twice the time). */
const MAX_CHUNK_BYTES = 256 * 1024;

/** So that a small body is read at once, framing and all. */
const FRAMING_ROOM_BYTES = 1024;

/**
 * The first buffer has room for a body that is kept in the index. Only a client that fills it gets a larger one: those who
 * send nothing may be many, by accident or on purpose.
 */
const FIRST_CHUNK_BYTES = 16 * 1024 + FRAMING_ROOM_BYTES;

/**
 * A read waits for so many bytes, and until they have come the runtime does not tell that any have: a client that sends fewer
 * in the time that it is given counts as silent. With one byte as the least, each packet would be a read.
 */
const LEAST_PROGRESS_BYTES = 4096;

const NO_TRAILERS: ReadonlyMap<string, string> = new Map();

/**
 * The body of an upload: its length is known before its first byte, its framing is never seen outside.
 * Its chunks throw S3Error: IncompleteBody, RequestTimeout (the client has fallen silent), SignatureDoesNotMatch, and
 * whatever else is wrong with the framing.
 */
export interface IncomingBody extends BlobSource {
  /** What followed the last chunk, by lower-case name; complete when `chunks` has ended. */
  trailers(): ReadonlyMap<string, string>;
}

/** A request whose body is to be read. */
export interface BodyRequest {
  readonly request: S3Request;
  readonly payload: Payload;
  readonly settings: Pick<Settings, "bodyIdleMs">;
}

/** @throws S3Error MissingContentLength, or NotImplemented for a body that is chunked by HTTP alone */
export function incomingBody({ request, payload, settings }: BodyRequest): IncomingBody {
  const { bodyIdleMs } = settings;
  if (payload.kind === "chunked") return chunkedBody(request.body, payload, bodyIdleMs);
  return plainBody(request, bodyIdleMs);
}

function plainBody(request: S3Request, idleMs: number): IncomingBody {
  const sizeBytes = contentLength(request);
  return {
    sizeBytes,
    native: request.body ?? undefined,
    chunks: () => readChunks(request.body, sizeBytes, idleMs, (chunk) => chunk),
    trailers: () => NO_TRAILERS,
  };
}

/** @throws S3Error as {@link incomingBody} */
export function contentLength(request: S3Request): number {
  const length = request.headers.get("content-length");
  if (length === null || !/^\d{1,15}$/.test(length)) throw unknownLength(request);
  return Number(length);
}

/** R2 stores no stream of unknown length, and neither does S3: the length is said, or the body is `aws-chunked` too. */
function unknownLength({ headers }: S3Request): S3Error {
  if (!headers.has("transfer-encoding")) return new S3Error("MissingContentLength");
  return new S3Error("NotImplemented", { fields: { Header: "Transfer-Encoding" } });
}

function chunkedBody(
  body: ReadableStream<Uint8Array> | null,
  payload: Extract<Payload, { kind: "chunked" }>,
  idleMs: number,
): IncomingBody {
  const decoder = new ChunkedDecoder(payload);
  let trailers = NO_TRAILERS;
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    const { decodedLengthBytes } = payload;
    yield* readChunks(body, decodedLengthBytes, idleMs, (chunk) => decoder.decode(chunk));
    trailers = decoder.finish();
  }
  return {
    sizeBytes: payload.decodedLengthBytes,
    native: undefined,
    chunks,
    trailers: () => trailers,
  };
}

async function* readChunks(
  body: ReadableStream<Uint8Array> | null,
  sizeBytes: number,
  idleMs: number,
  decode: (chunk: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  let receivedBytes = 0;
  for await (const piece of readPieces(body, sizeBytes, idleMs)) {
    const chunk = decode(piece);
    receivedBytes += chunk.byteLength;
    if (receivedBytes > sizeBytes) throw new S3Error("IncompleteBody");
    if (chunk.byteLength > 0) yield chunk;
  }
  if (receivedBytes !== sizeBytes) throw new S3Error("IncompleteBody");
}

/**
 * What comes over the network, in one buffer used again and again, which grows with what comes.
 *
 * @throws S3Error IncompleteBody, RequestTimeout
 */
export async function* readPieces(
  body: ReadableStream<Uint8Array> | null,
  sizeBytes: number,
  idleMs: number,
): AsyncGenerator<Uint8Array, void> {
  if (body === null) return;
  const reader = body.getReader({ mode: "byob" });
  const receipt = receiptToWrite(body);
  const watchdog = new Watchdog(idleMs);
  try {
    let buffer = new Uint8Array(Math.min(FIRST_CHUNK_BYTES, sizeBytes + FRAMING_ROOM_BYTES));
    for (;;) {
      const leastBytes = Math.min(LEAST_PROGRESS_BYTES, buffer.byteLength);
      const { value, done } = await watchdog.watch(reader.readAtLeast(leastBytes, buffer));
      receipt.bytes = (receipt.bytes ?? 0) + (value?.byteLength ?? 0);
      if (done || value === undefined) receipt.endedMs = performance.now();
      if (value !== undefined && value.byteLength > 0) yield value;
      if (done || value === undefined) return;
      buffer = bufferAfter(value);
    }
  } catch (error) {
    // Any other failure of the read means that the client hung up half-way.
    throw error instanceof S3Error ? error : new S3Error("IncompleteBody");
  } finally {
    watchdog.stop();
    // The lock is released for `http/read-on.ts`, which reads the rest after a refusal, but not of a client that has stalled.
    if (watchdog.hasGivenUp) void reader.cancel().catch(() => undefined);
    else reader.releaseLock();
  }
}

function bufferAfter({ byteLength, buffer }: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const isFull = byteLength === buffer.byteLength;
  if (!isFull || byteLength >= MAX_CHUNK_BYTES) return new Uint8Array(buffer);
  return new Uint8Array(Math.min(MAX_CHUNK_BYTES, 4 * byteLength));
}
