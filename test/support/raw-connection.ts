import { connect, type Socket } from "node:net";

/** A TCP connection of our own, for what HTTP clients do only on bad days. */
export class RawConnection {
  /** How the server closed the connection, once it has. */
  readonly closed: Promise<"end" | "reset">;
  readonly #socket: Socket;
  #received = "";

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    this.closed = new Promise((resolve) => {
      this.#socket.once("end", () => resolve("end")).once("error", () => resolve("reset"));
    });
    this.#socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
    });
  }

  /** Done when the system has taken all of it. @throws Error when the server no longer reads */
  async send(...pieces: readonly (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces)
      await new Promise<void>((resolve, reject) => {
        this.#socket.write(piece, (error) => (error ? reject(error) : resolve()));
      });
  }

  /** All that is sent until the server closes the connection. */
  async everything(): Promise<string> {
    this.#socket.resume();
    await this.closed;
    return this.#take(this.#received.length);
  }

  /** Reads nothing until it is asked for an answer, as a client that sends its whole request before. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** The next answer: its head, and the body that its Content-Length announces; less when the connection is closed. */
  async answer(): Promise<string> {
    this.#socket.resume();
    for (;;) {
      const sizeBytes = answerBytes(this.#received);
      if (sizeBytes <= this.#received.length) return this.#take(sizeBytes);
      const next = new Promise<void>((resolve) => this.#socket.once("data", () => resolve()));
      if ((await Promise.race([next, this.closed])) !== undefined)
        return this.#take(this.#received.length);
    }
  }

  /** Something has come that was not asked for yet. */
  get hasReceived(): boolean {
    return this.#received !== "";
  }

  #take(sizeBytes: number): string {
    const taken = this.#received.slice(0, sizeBytes);
    this.#received = this.#received.slice(sizeBytes);
    return taken;
  }

  /** Says that nothing more will be sent, and goes on reading. */
  endSending(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}

function answerBytes(received: string): number {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return Number.POSITIVE_INFINITY;
  const [, length = "0"] = /^content-length: (\d+)\r$/im.exec(received.slice(0, headEnd + 2)) ?? [];
  return headEnd + 4 + Number(length);
}

/** The first lines of a request, up to the empty one. */
export function requestHead(
  method: string,
  target: string,
  headers: Readonly<Record<string, string | number>> = {},
): string {
  const lines = Object.entries({ host: "127.0.0.1", ...headers });
  const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${target} HTTP/1.1\r\n${fields}\r\n`;
}
