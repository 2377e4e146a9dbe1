import type { Writable } from "node:stream";
import { HandoverWritable } from "./handover-writable.ts";

type Chunk = Uint8Array<ArrayBuffer>;

/**
 * Bytes that stand for a `ReadableStream` of the web where a response has them, and are poured into the connection without
 * one. They can be read once, in one of these ways.
 */
export abstract class Pourable {
  /**
   * Writes all of it and ends `outgoing`. What cannot be given to its end breaks off: `outgoing` is destroyed. Never
   * rejects.
   */
  abstract pour(outgoing: Writable): Promise<void>;

  /** Lets go of what is read from; nothing is read any more. */
  abstract cancel(reason?: unknown): Promise<void>;

  /** The next chunk, which is the reader's own; undefined at the end, after which nothing is held. */
  protected abstract next(): Promise<Chunk | undefined>;

  /** Passes all of it on, and holds nothing then. @throws what is wrong with either */
  protected async passTo(writable: HandoverWritable): Promise<void> {
    for await (const chunk of this) await writable.pass(chunk);
  }

  /** Whoever breaks off has cancelled it. A generator would not notice that before it was asked for anything. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Chunk, void> {
    const iterator: AsyncIterableIterator<Chunk, void> = {
      next: async () => {
        const value = await this.next();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      return: async () => {
        await this.cancel();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  async pipeTo(
    writable: WritableStream<Uint8Array>,
    options?: { readonly preventClose?: boolean },
  ): Promise<void> {
    if (!(writable instanceof HandoverWritable)) return this.#asStream().pipeTo(writable, options);
    try {
      await this.passTo(writable);
      if (options?.preventClose !== true) await writable.close();
    } catch (error) {
      await writable.abort(error).catch(() => undefined);
      throw error;
    }
  }

  getReader(): ReadableStreamDefaultReader<Uint8Array> {
    return this.#asStream().getReader();
  }

  #asStream(): ReadableStream<Uint8Array> {
    // Loaded when somebody wants a stream, which an answer does not.
    const { ReadableStream: NodeReadableStream } = process.getBuiltinModule("node:stream/web");
    return NodeReadableStream.from<Chunk>(this) as unknown as ReadableStream<Uint8Array>;
  }
}

/** Done when the bytes are the caller's again. @throws Error when the reader is gone */
export function written(outgoing: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error("the reader is gone"));
    if (outgoing.destroyed) {
      onClose();
      return;
    }
    outgoing.once("close", onClose);
    outgoing.write(bytes, (error) => {
      outgoing.off("close", onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}
