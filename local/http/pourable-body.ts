import type { Writable } from "node:stream";

/** A body that writes itself, so that its bytes pass no stream on their way to the client. */
export interface PourableBody {
  /**
   * Writes all of it and ends `outgoing`, waiting while the client does not read. What cannot be given to its end breaks off:
   * `outgoing` is destroyed. Once `outgoing` is closed, it gives back what it holds. Never rejects.
   */
  pour(outgoing: Writable): Promise<void>;
  /** Gives back what the body holds, when nobody wants its bytes. */
  cancel(reason?: unknown): Promise<void>;
}

/** What an answer can have for a body. */
export type ResponseBody = string | Uint8Array | ReadableStream<Uint8Array> | PourableBody;
