const HEAD_END = "\r\n\r\n";

/** Reads one answer of HTTP/1.1 as it comes; of its body it keeps what is asked for, or what tells of an error. */
export class AnswerReader {
  /** 0 until the head is there. */
  status = 0;
  /** Whether the server takes another request on this connection. */
  staysOpen = true;
  readonly #hasBody: boolean;
  readonly #isKept: boolean;
  readonly #kept: Buffer[] = [];
  #head = "";
  /** Of the body, or of its present chunk. */
  #leftBytes = 0;
  #isChunked = false;
  /** Of a chunk's size, as far as it has come. */
  #line = "";
  #isLastChunk = false;

  constructor(hasBody: boolean, isKept: boolean) {
    this.#hasBody = hasBody;
    this.#isKept = isKept;
  }

  get body(): Buffer {
    return Buffer.concat(this.#kept);
  }

  /** @returns whether the answer is whole. `bytes` belong to the caller again afterwards. */
  read(bytes: Buffer): boolean {
    const at = this.status === 0 ? this.#readHead(bytes) : 0;
    if (this.status === 0) return false;
    return this.#isChunked ? this.#readChunks(bytes, at) : this.#readBody(bytes, at);
  }

  /** @returns where the body begins */
  #readHead(bytes: Buffer): number {
    const before = this.#head.length;
    this.#head += bytes.toString("latin1");
    const end = this.#head.indexOf(HEAD_END);
    if (end === -1) return 0;
    const head = this.#head.slice(0, end).toLowerCase();
    this.status = Number(head.slice(9, 12));
    this.staysOpen = !head.includes("\r\nconnection: close");
    const isEmpty = !this.#hasBody || this.status === 204 || this.status === 304;
    this.#isChunked = !isEmpty && head.includes("\r\ntransfer-encoding: chunked");
    if (!isEmpty && !this.#isChunked) this.#leftBytes = contentLength(head);
    return end + HEAD_END.length - before;
  }

  #readBody(bytes: Buffer, at: number): boolean {
    const end = Math.min(bytes.byteLength, at + this.#leftBytes);
    this.#keep(bytes, at, end);
    this.#leftBytes -= end - at;
    return this.#leftBytes === 0;
  }

  /** A chunk is its size in hexadecimal, a line's end, its bytes, and a line's end. The last is empty. */
  #readChunks(bytes: Buffer, start: number): boolean {
    let at = start;
    while (at < bytes.byteLength) {
      if (this.#leftBytes > 0) {
        const end = Math.min(bytes.byteLength, at + this.#leftBytes);
        this.#keep(bytes, at, end);
        this.#leftBytes -= end - at;
        at = end;
        continue;
      }
      this.#line += String.fromCharCode(bytes[at] ?? 0);
      at += 1;
      if (!this.#line.endsWith("\r\n")) continue;
      const line = this.#line.trim();
      this.#line = "";
      if (line === "") {
        // What ends a chunk; after the last one, it ends the answer.
        if (this.#isLastChunk) return true;
        continue;
      }
      // After the last chunk, a trailer.
      if (this.#isLastChunk) continue;
      this.#leftBytes = Number.parseInt(line, 16);
      this.#isLastChunk = this.#leftBytes === 0;
    }
    return false;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.#isKept || this.status >= 300) this.#kept.push(Buffer.from(bytes.subarray(from, to)));
  }
}

function contentLength(head: string): number {
  const name = "\r\ncontent-length:";
  const at = head.indexOf(name);
  if (at === -1) throw new Error(`an answer without a length: ${head}`);
  return Number.parseInt(head.slice(at + name.length), 10);
}
