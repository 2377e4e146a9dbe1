/** Text that is packed as it comes, and held packed. */
export class GzipText {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor() {
    const { readable, writable } = new CompressionStream("gzip");
    this.#writer = (writable as WritableStream<Uint8Array>).getWriter();
    this.#reading = this.#read(readable);
    // Whoever ends it is told.
    this.#reading.catch(() => undefined);
  }

  /** So far, and packed; what came last may not be among it. */
  get bytes(): number {
    return this.#bytes;
  }

  async add(text: string): Promise<void> {
    if (text !== "") await this.#writer.write(new TextEncoder().encode(text));
  }

  /** All of it. */
  async end(): Promise<Uint8Array> {
    await this.#writer.close();
    await this.#reading;
    return Buffer.concat(this.#chunks);
  }

  async #read(readable: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of readable) {
      this.#chunks.push(chunk);
      this.#bytes += chunk.byteLength;
    }
  }
}
