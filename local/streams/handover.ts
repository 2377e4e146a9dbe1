/** A chunk, the reader's until it calls `done`; then it is the writer's again. */
export interface Offer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  done(): void;
}

interface OpenOffer extends Offer {
  readonly refuse: (reason: unknown) => void;
}

interface Wait {
  readonly resolve: (offer: Offer | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

/** Hands an exact number of bytes over from a writer to a reader, one chunk at a time. */
export class Handover {
  #leftBytes: number;
  /** Not taken yet. */
  #offer: OpenOffer | undefined;
  /** Not taken, or not done with. */
  #open: OpenOffer | undefined;
  #wait: Wait | undefined;
  #end: { readonly failure: unknown } | "closed" | undefined;

  constructor(lengthBytes: number) {
    this.#leftBytes = lengthBytes;
  }

  /**
   * Done when the reader is done with the chunk; one at a time.
   *
   * @throws TypeError when there are too many bytes; what `fail` was told
   */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#requireOpen();
    if (bytes.byteLength === 0) return;
    this.#leftBytes -= bytes.byteLength;
    if (this.#leftBytes < 0)
      throw this.fail(
        new TypeError("Attempt to write too many bytes through a FixedLengthStream."),
      );
    await new Promise<void>((done, refuse) => this.#put({ bytes, done, refuse }));
    this.#open = undefined;
  }

  #put(offer: OpenOffer): void {
    this.#open = offer;
    const wait = this.#wait;
    this.#wait = undefined;
    if (wait === undefined) this.#offer = offer;
    else wait.resolve(offer);
  }

  /** @throws TypeError when bytes are missing */
  close(): void {
    this.#requireOpen();
    if (this.#leftBytes > 0)
      throw this.fail(
        new TypeError("FixedLengthStream did not see all expected bytes before close()."),
      );
    this.#end = "closed";
    this.#wait?.resolve(undefined);
  }

  /** Undefined at the end. One at a time. @throws what `fail` was told */
  async read(): Promise<Offer | undefined> {
    const offer = this.#offer;
    this.#offer = undefined;
    if (offer !== undefined) return offer;
    if (this.#end === "closed") return undefined;
    if (this.#end !== undefined) throw this.#end.failure;
    return new Promise((resolve, reject) => (this.#wait = { resolve, reject }));
  }

  /** Ends both sides, from either. @returns the reason */
  fail<Reason>(reason: Reason): Reason {
    if (this.#end !== undefined) return reason;
    this.#end = { failure: reason };
    this.#offer = undefined;
    this.#open?.refuse(reason);
    this.#wait?.reject(reason);
    return reason;
  }

  #requireOpen(): void {
    if (this.#end === "closed") throw new TypeError("This WritableStream has been closed.");
    if (this.#end !== undefined) throw this.#end.failure;
  }
}
