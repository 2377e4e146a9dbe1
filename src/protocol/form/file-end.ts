const NOTHING = new Uint8Array();

/** Tells a form's file from what follows it, in whatever pieces both come. */
export class FileEnd {
  readonly #delimiter: Buffer;
  /** What may be the beginning of the delimiter. */
  #held: Buffer = Buffer.alloc(0);
  #hasEnded = false;

  /** @param delimiter the line end and the boundary behind the file */
  constructor(delimiter: Buffer) {
    this.#delimiter = delimiter;
  }

  /** The delimiter has come: whatever follows is no part of the file. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @returns what is the file's for certain; it lies in the chunk, or is new */
  push(chunk: Uint8Array): Uint8Array {
    if (this.#hasEnded) return NOTHING;
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#held.byteLength === 0 ? piece : Buffer.concat([this.#held, piece]);
    const at = bytes.indexOf(this.#delimiter);
    if (at >= 0) {
      this.#hasEnded = true;
      return bytes.subarray(0, at);
    }
    const end = this.#possibleBeginning(bytes);
    this.#held = Buffer.from(bytes.subarray(end));
    return bytes.subarray(0, end);
  }

  /** Where the delimiter may have begun, whose end has not come; else the end. */
  #possibleBeginning(bytes: Buffer): number {
    const delimiter = this.#delimiter;
    let at = Math.max(0, bytes.byteLength - delimiter.byteLength + 1);
    for (; at < bytes.byteLength; at += 1) {
      at = bytes.indexOf(delimiter[0] ?? 0, at);
      if (at < 0) return bytes.byteLength;
      const length = bytes.byteLength - at;
      if (bytes.compare(delimiter, 0, length, at) === 0) return at;
    }
    return bytes.byteLength;
  }
}
