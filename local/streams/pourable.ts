import type { Writable } from "node:stream";
import { ReadableStream as NodeReadableStream } from "node:stream/web";

/**
 * Bytes that stand for a `ReadableStream` of the web where a response has them, and are poured into the connection without
 * one. Whoever has it is to do one of these, once.
 */
export abstract class Pourable {
  /**
   * Writes all of it and ends `outgoing`. What cannot be given to its end breaks off: `outgoing` is destroyed, and the log
   * says why unless the reader is gone. Never rejects.
   */
  abstract pour(outgoing: Writable): Promise<void>;

  /** The bytes, each chunk the reader's own; whoever breaks off has cancelled it. */
  abstract [Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void>;

  /** Lets go of what it was to be read from. */
  abstract cancel(reason?: unknown): Promise<void>;

  async pipeTo(
    writable: WritableStream<Uint8Array>,
    options?: { preventClose?: boolean },
  ): Promise<void> {
    await this.#asStream().pipeTo(writable, options);
  }

  getReader(): ReadableStreamDefaultReader<Uint8Array> {
    return this.#asStream().getReader();
  }

  #asStream(): ReadableStream<Uint8Array> {
    return NodeReadableStream.from<Uint8Array>(this) as unknown as ReadableStream<Uint8Array>;
  }
}

/** @returns a promise of what is done when the bytes are the caller's again. @throws Error when the reader is gone */
export function written(outgoing: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error("the reader is gone"));
    outgoing.once("close", onClose);
    outgoing.write(bytes, (error) => {
      outgoing.off("close", onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}
