import type { Handover } from "./handover.ts";

type Chunk = Uint8Array<ArrayBuffer>;

/** The writer's side, for the web; what pipes into it in this process need not go through the web's queue. */
export class HandoverWritable extends WritableStream<Uint8Array> {
  readonly #handover: Handover;

  constructor(handover: Handover) {
    super({
      start(controller) {
        const { signal } = controller;
        // At once: `abort` of the sink would wait for a write that waits for the reader.
        signal.addEventListener("abort", () => handover.fail(signal.reason), { once: true });
      },
      write: (chunk: Uint8Array) => handover.write(chunk as Chunk),
      close: () => handover.close(),
    });
    this.#handover = handover;
  }

  /** The chunk is the caller's again when this is done. Nobody else is to write meanwhile. */
  pass(chunk: Chunk): Promise<void> {
    return this.#handover.write(chunk);
  }
}
