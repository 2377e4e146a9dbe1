import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { log } from "../../src/lib/log.ts";
import type { Exchange } from "./exchange.ts";
import type { ResponseBody } from "./pourable-body.ts";
import type { Response } from "./response.ts";

/**
 * Sends an answer; one whose body is at hand in a single write.
 *
 * @param isLast the connection ends with it
 * @throws Error for a header that cannot be sent; nothing is sent then
 */
export function send(
  { body, status, headers, onSent }: Response,
  { request, outgoing }: Exchange,
  isLast: boolean,
): void {
  if (outgoing.destroyed) {
    release(body);
    onSent?.(0);
    return;
  }
  if (onSent !== undefined) tellWhenSent(outgoing, headers.get("content-length"), onSent);
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
  // A body that is not as long as was announced breaks the connection: an answer never ends well and short.
  outgoing.strictContentLength = headers.has("content-length");
  outgoing.writeHead(status, head);
  void ("pour" in body ? body.pour(outgoing) : pour(body, outgoing));
}

/** @param length announced; null: the answer has none */
function tellWhenSent(
  outgoing: ServerResponse,
  length: string | null,
  onSent: (bytesSent: number) => void,
): void {
  const { socket } = outgoing;
  const before = socket?.bytesWritten ?? 0;
  outgoing.once("close", () => {
    const announced = length === null ? Infinity : Number(length);
    if (outgoing.writableFinished && length !== null) {
      onSent(announced);
      return;
    }
    // Nothing else tells how long the head is.
    const { _header: head } = outgoing as unknown as { readonly _header: string | null };
    const written = (socket?.bytesWritten ?? before) - before - (head?.length ?? 0);
    onSent(Math.max(0, Math.min(announced, written)));
  });
}

/** Nobody wants the bytes. */
function release(body: ResponseBody | null): void {
  if (body === null || typeof body === "string" || body instanceof Uint8Array) return;
  body.cancel().catch(() => undefined);
}

/** Any stream, as a `PourableBody` does it. */
async function pour(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const abandonment = new AbortController();
  outgoing.once("close", () => {
    abandonment.abort();
    // Ends a read that waits for a slow source; a stream that is at its end already has nothing to give back.
    reader.cancel().catch(() => undefined);
  });
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      if (!outgoing.write(value)) await once(outgoing, "drain", abandonment);
    }
    outgoing.end();
  } catch (error) {
    if (!outgoing.destroyed) log("error", "read broke off", { error: String(error) });
    outgoing.destroy();
  }
}
