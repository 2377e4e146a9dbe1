import { clientConnection } from "./client-connection.ts";

/** More than a part of any client's default size, which is 16 MiB at most. */
const MAX_BYTES = 32 * 1024 * 1024;
const PATIENCE_MS = 5000;
/** Small, for a thousand clients that stall have one each. */
const CHUNK_BYTES = 16 * 1024;

/**
 * Sends a refusal at once, and only then reads on what its client still sends, for a bounded time. A connection that is
 * closed with bytes unread is reset, and takes an answer with it that has not been read yet.
 *
 * The same answer where there is nothing to read, or where something in front of the Worker does so.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function readOn(refusal: Response, request: Request): Response {
  const { body } = request;
  if (body === null || body.locked || refusal.body === null) return refusal;
  // Such a client sends nothing before it is asked to, and reading would ask.
  if (request.headers.has("expect") && !request.bodyUsed) return refusal;
  if (clientConnection(request) === undefined) return refusal;
  const { readable, writable } = new FixedLengthStream(
    Number(refusal.headers.get("content-length")),
  );
  void sendAndDiscard(refusal.body, writable, body);
  return new Response(readable, refusal);
}

/** The runtime keeps the connection as long as the answer has not ended, be it sent to its last byte. */
async function sendAndDiscard(
  document: ReadableStream<Uint8Array>,
  answer: WritableStream<Uint8Array>,
  unread: ReadableStream<Uint8Array>,
): Promise<void> {
  try {
    await document.pipeTo(answer, { preventClose: true });
    await discard(unread);
  } catch {
    // The client is gone, or has stalled for too long.
  }
  await answer.close().catch(() => undefined);
}

async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader({ mode: "byob" });
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), PATIENCE_MS);
  try {
    let buffer = new Uint8Array(CHUNK_BYTES);
    for (let sizeBytes = 0; sizeBytes < MAX_BYTES;) {
      const { value, done } = await reader.readAtLeast(buffer.byteLength, buffer);
      if (done || value === undefined) return;
      sizeBytes += value.byteLength;
      buffer = new Uint8Array(value.buffer);
    }
  } finally {
    clearTimeout(timer);
  }
}
