export const BLOCK_BYTES = 256;

/** Collects a stream's chunks into blocks, and holds the last one back: what ends an input is hashed otherwise. */
export class BlockBuffer {
  /** The rest of the stream; behind it, the bytes that came before the rest. */
  readonly bytes = new Uint8Array(BLOCK_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  restBytes = 0;
  totalBytes = 0;
  readonly #consume: (view: DataView, lengthBytes: number) => void;

  /** @param consume is given whole blocks, always with more to come after them */
  constructor(consume: (view: DataView, lengthBytes: number) => void) {
    this.#consume = consume;
  }

  update(chunk: Uint8Array): void {
    this.totalBytes += chunk.byteLength;
    let rest = chunk;
    if (this.restBytes > 0) {
      rest = this.#fill(rest);
      if (rest.byteLength === 0) return;
      this.#consume(this.view, BLOCK_BYTES);
      this.restBytes = 0;
    }
    if (rest.byteLength > BLOCK_BYTES) {
      const wholeBytes = BLOCK_BYTES * Math.floor((rest.byteLength - 1) / BLOCK_BYTES);
      this.#consume(new DataView(rest.buffer, rest.byteOffset, wholeBytes), wholeBytes);
      this.bytes.set(rest.subarray(wholeBytes - BLOCK_BYTES, wholeBytes));
      rest = rest.subarray(wholeBytes);
    }
    this.#fill(rest);
  }

  /** @returns what did not fit */
  #fill(chunk: Uint8Array): Uint8Array {
    const fitting = chunk.subarray(0, BLOCK_BYTES - this.restBytes);
    this.bytes.set(fitting, this.restBytes);
    this.restBytes += fitting.byteLength;
    return chunk.subarray(fitting.byteLength);
  }
}
