import type { Writable } from "node:stream";

/** A body that writes itself, so that its bytes pass no stream on their way to the client. */
export interface PourableBody {
  /**
   * Writes all bytes and leaves `outgoing` open; waits while the client does not read (see `drained`), and ends early,
   * giving back what it holds, once `outgoing` is destroyed.
   *
   * Rejects when the bytes cannot be given to their end: the connection is then broken.
   */
  pour(outgoing: Writable): Promise<void>;
  /** Gives back what the body holds, when nobody wants its bytes. */
  cancel(reason?: unknown): Promise<void>;
}

/** What an answer can have for a body. */
export type ResponseBody = string | Uint8Array | ReadableStream<Uint8Array> | PourableBody;

/** Done when `outgoing` takes more, or never will again: look at `outgoing.destroyed`. */
export function drained(outgoing: Writable): Promise<void> {
  if (outgoing.destroyed || !outgoing.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.on("drain", done).on("close", done);
  });
}
