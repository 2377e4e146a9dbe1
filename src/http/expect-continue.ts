import { S3Error } from "../protocol/errors.ts";
import { clientConnection } from "./client-connection.ts";

/** The runtime closes a connection that was idle for 15 seconds (measured 2026-11, workerd 1.20261102.1). */
const IDLE_PATIENCE_MS = 20_000;

/** When a request that expected `100 Continue` got only its final answer, by its connection; the latest last. */
const unreadable = new Map<string, number>();

/**
 * Keeps a connection readable to clients that expect `100 Continue` with an empty body, as botocore does before 1.43.77.
 *
 * They take the next `100 Continue` on that connection for one of two final answers, and wait until it is closed. workerd
 * sends none for an empty body, and lets no Worker send one or close a connection. But it closes one whose request is
 * answered unread: so the request that would be misread is refused, which its client repeats on another connection.
 *
 * Source: https://github.com/boto/botocore/issues/3755
 * @throws S3Error ServiceUnavailable
 */
export function refuseMisreadContinue(request: Request): void {
  const isExpecting = request.method === "PUT" && request.headers.has("expect");
  if (!isExpecting && unreadable.size === 0) return;
  const connection = clientConnection(request);
  if (connection === undefined) return;
  const nowMs = Date.now();
  forgetClosed(nowMs);
  const wasUnreadable = unreadable.delete(connection);
  if (!isExpecting) return;
  if (request.headers.get("content-length") === "0") {
    unreadable.set(connection, nowMs);
  } else if (wasUnreadable) {
    const message =
      "An empty body was answered without 100 Continue on this connection; send the request again on another one.";
    throw new S3Error("ServiceUnavailable", { message });
  }
}

function forgetClosed(nowMs: number): void {
  for (const [connection, answeredMs] of unreadable) {
    if (nowMs - answeredMs < IDLE_PATIENCE_MS) return;
    unreadable.delete(connection);
  }
}
