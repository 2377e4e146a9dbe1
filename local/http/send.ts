import type { ServerResponse } from "node:http";
import type { Exchange } from "./exchange.ts";
import { drained, type PourableBody, type ResponseBody } from "./pourable-body.ts";
import type { Response } from "./response.ts";

/**
 * Sends an answer; one whose body is at hand in a single write.
 *
 * @param isLast the connection ends with it
 * @throws Error for a header that cannot be sent; nothing is sent then
 */
export function send(
  { body, status, headers }: Response,
  { request, outgoing }: Exchange,
  isLast: boolean,
): void {
  if (outgoing.destroyed) {
    release(body);
    return;
  }
  const head = headers.toRaw();
  if (isLast) head.push("connection", "close");
  const isBodiless = request.method === "HEAD" || status === 204 || status === 304;
  if (body === null || isBodiless) {
    release(body);
    if (!isBodiless && !headers.has("content-length")) head.push("content-length", "0");
    outgoing.writeHead(status, head);
    outgoing.end();
    return;
  }
  if (typeof body === "string" || body instanceof Uint8Array) {
    // As bytes, for node:http would encode a head anew that it writes together with a string.
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    if (!headers.has("content-length")) head.push("content-length", String(bytes.byteLength));
    outgoing.writeHead(status, head);
    outgoing.end(bytes);
    return;
  }
  outgoing.strictContentLength = headers.has("content-length");
  outgoing.writeHead(status, head);
  void sendStream(body, outgoing);
}

/** Nobody wants the bytes. */
function release(body: ResponseBody | null): void {
  if (body === null || typeof body === "string" || body instanceof Uint8Array) return;
  body.cancel().catch(() => undefined);
}

/** A body that breaks off, or is not as long as was announced, breaks the connection: an answer never ends well and short. */
async function sendStream(
  body: ReadableStream<Uint8Array> | PourableBody,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    await ("pour" in body ? body.pour(outgoing) : pourStream(body, outgoing));
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}

async function pourStream(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
): Promise<void> {
  const reader = body.getReader();
  // A read that waits for a slow source ends as soon as the client is gone.
  const giveUp = (): void => void reader.cancel().catch(() => undefined);
  outgoing.once("close", giveUp);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    if (!outgoing.write(value)) await drained(outgoing);
    if (outgoing.destroyed) return;
  }
  outgoing.off("close", giveUp);
}
