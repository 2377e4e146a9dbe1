/** What an answer without an end has said, as it comes. */
export class EventStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor({ body }: Response) {
    if (body === null) throw new Error("an answer without a body");
    this.#reader = body.getReader();
  }

  /** Reads on until all has been said that is looked for. @returns it; what the answer says after its end is not there */
  async until(isThere: (text: string) => boolean): Promise<string> {
    while (!isThere(this.#text)) {
      const { done, value } = await this.#reader.read();
      if (done) return `${this.#text}(end)`;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
    return this.#text;
  }

  /** Reads what comes until the answer ends. */
  toTheEnd(): Promise<string> {
    return this.until(() => false);
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}
