import { clientConnection } from "./client-connection.ts";

/** More than a part of any client's default size, which is 16 MiB at most. */
const MAX_BYTES = 32 * 1024 * 1024;
const PATIENCE_MS = 5000;
/** Small, since a thousand clients that stall have a buffer each. */
const CHUNK_BYTES = 16 * 1024;

/**
 * Sends a refusal at once, and only then reads on what its client still sends, for a bounded time. A connection that is
 * closed with bytes unread is reset, and takes an answer with it that has not been read yet.
 *
 * The refusal is returned as it is when there is nothing to read, or when something in front of the Worker reads it, as
 * Cloudflare's edge does. One without a body cannot be kept open while the request is read, so it is sent after that.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export async function readOn(refusal: Response, request: Request): Promise<Response> {
  const unread = unreadBody(request);
  if (unread === undefined) return refusal;
  if (refusal.body === null) {
    await discard(unread);
    return refusal;
  }
  const { readable, writable } = new FixedLengthStream(
    Number(refusal.headers.get("content-length")),
  );
  void sendAndDiscard(refusal.body, writable, unread);
  return new Response(readable, refusal);
}

/** Reads a body that an operation had no use for, within the same bounds, before its answer is sent. */
export async function readUnused(request: Request): Promise<void> {
  const unread = unreadBody(request);
  if (unread !== undefined) await discard(unread);
}

function unreadBody(request: Request): ReadableStream<Uint8Array> | undefined {
  const { body } = request;
  if (body === null || body.locked) return undefined;
  // A client that sent `Expect: 100-continue` sends no body until it is asked to, and to read would be to ask.
  if (request.headers.has("expect") && !request.bodyUsed) return undefined;
  return clientConnection(request) === undefined ? undefined : body;
}

/** Ends the answer only when the body has been read: until then the runtime keeps the connection open. */
async function sendAndDiscard(
  document: ReadableStream<Uint8Array>,
  answer: WritableStream<Uint8Array>,
  unread: ReadableStream<Uint8Array>,
): Promise<void> {
  await document.pipeTo(answer, { preventClose: true }).catch(() => undefined);
  await discard(unread);
  await answer.close().catch(() => undefined);
}

/** Never throws: a client that is gone, or has stalled for too long, is read no more. */
async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const reader = body.getReader({ mode: "byob" });
    timer = setTimeout(() => void reader.cancel().catch(() => undefined), PATIENCE_MS);
    let buffer = new Uint8Array(CHUNK_BYTES);
    for (let sizeBytes = 0; sizeBytes < MAX_BYTES;) {
      const { value, done } = await reader.readAtLeast(buffer.byteLength, buffer);
      if (done || value === undefined) return;
      sizeBytes += value.byteLength;
      buffer = new Uint8Array(value.buffer);
    }
  } catch {
    // The client is gone: there is nobody left to tell.
  } finally {
    clearTimeout(timer);
  }
}
