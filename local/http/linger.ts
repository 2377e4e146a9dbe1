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
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS).unref();
  const destroy = (): void => void socket.destroy();
  socket.once(socket.readableEnded ? "finish" : "end", destroy);
  socket.once("close", () => clearTimeout(timer));
  socket.end();
  // One that was held back reads on in a moment, and only then can be told apart from its parser.
  socket.resume();
  setImmediate(throwAway, socket);
}

/** Reads past the parser: a request that stands behind the refused one is not carried out. */
function throwAway(socket: Socket): void {
  let readBytes = 0;
  socket.removeAllListeners("data").on("data", (chunk: Buffer) => {
    readBytes += chunk.byteLength;
    if (readBytes > MAX_BYTES) socket.destroy();
  });
}
