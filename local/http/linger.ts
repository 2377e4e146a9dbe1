import type { Socket } from "node:net";

/** More than a part of any client's default size, which is 16 MiB at most. */
const MAX_BYTES = 32 * 1024 * 1024;
const PATIENCE_MS = 5000;

/**
 * Ends a connection after what was written to it, and reads on for a bounded time what its client still sends: a connection
 * that is closed with bytes unread is reset, and takes an answer with it that has not been read yet.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function linger(socket: Socket): void {
  // What comes is thrown away, past the parser: a request behind the one that was refused is not carried out.
  socket.removeAllListeners("data").removeAllListeners("end");
  let readBytes = 0;
  socket.on("data", (chunk: Buffer) => {
    readBytes += chunk.byteLength;
    if (readBytes > MAX_BYTES) socket.destroy();
  });
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS).unref();
  const destroy = (): void => void socket.destroy();
  socket.once(socket.readableEnded ? "finish" : "end", destroy);
  socket.once("close", () => clearTimeout(timer));
  socket.end();
  socket.resume();
}
