import type { Writable } from "node:stream";
import { Handover } from "./handover.ts";
import { HandoverWritable } from "./handover-writable.ts";
import { Pourable, written } from "./pourable.ts";

/**
 * What passes through is of exactly the length that was said, as by the stream of the same name in workerd; else both ends
 * break off.
 *
 * Source: https://developers.cloudflare.com/workers/runtime-apis/streams/transformstream/#fixedlengthstream
 */
export class FixedLengthStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;

  constructor(lengthBytes: number) {
    const handover = new Handover(lengthBytes);
    // It has what is used of a stream.
    this.readable = new HandoverReadable(handover) as unknown as ReadableStream<Uint8Array>;
    this.writable = new HandoverWritable(handover);
  }
}

class HandoverReadable extends Pourable {
  readonly #handover: Handover;

  constructor(handover: Handover) {
    super();
    this.#handover = handover;
  }

  override async pour(outgoing: Writable): Promise<void> {
    try {
      for (;;) {
        const offer = await this.#handover.read();
        if (offer === undefined) break;
        await written(outgoing, offer.bytes);
        offer.done();
      }
      outgoing.end();
    } catch (error) {
      this.#handover.fail(error);
      outgoing.destroy();
    }
  }

  protected override async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const offer = await this.#handover.read();
    const bytes = offer && new Uint8Array(offer.bytes);
    offer?.done();
    return bytes;
  }

  override async cancel(reason: unknown = new Error("the reader is gone")): Promise<void> {
    this.#handover.fail(reason);
  }
}
