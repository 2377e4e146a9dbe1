import { connect, type Socket } from "node:net";
import { AnswerReader } from "./answer-reader.ts";
import type { Address } from "./server.ts";

/** One request, ready to be sent again and again. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** A call as it goes over the wire. */
export interface WireCall {
  readonly head: string;
  readonly body: Buffer | undefined;
  readonly isHead: boolean;
  /** For whoever reads of its failure. */
  readonly label: string;
}

export interface Answer {
  readonly status: number;
  /** Empty unless it was asked for, or tells of an error. */
  readonly body: Buffer;
}

/** What all sockets of this thread read into: Node hands it over before the next one reads. */
const RECEIVED = Buffer.allocUnsafe(256 * 1024);

export function wireCall(call: Call, { host, port }: Address): WireCall {
  const { method, path, headers, body } = call;
  const length =
    body === undefined && method !== "PUT" ? {} : { "content-length": body?.byteLength };
  const fields = Object.entries({ host: `${host}:${port}`, ...length, ...headers });
  const lines = fields.map(([name, value]) => `${name}: ${value ?? 0}\r\n`).join("");
  const head = `${method} ${path} HTTP/1.1\r\n${lines}\r\n`;
  return { head, body, isHead: method === "HEAD", label: `${method} ${path.split("?")[0]}` };
}

/**
 * A connection that sends one request after the other. `node:http` spends on each request several times what this does,
 * and the load generator has to share the machine with what it measures.
 */
export class Connection {
  readonly #socket: Socket;
  #reader: AnswerReader | undefined;
  #settle: PromiseWithResolvers<Answer> | undefined;
  isOpen = true;

  constructor({ host, port }: Address) {
    const onread = {
      buffer: RECEIVED,
      callback: (length: number): boolean => {
        this.#receive(RECEIVED.subarray(0, length));
        return true;
      },
    };
    this.#socket = connect({ host, port, noDelay: true, onread });
    this.#socket.once("error", (error) => this.#fail(error));
    this.#socket.once("close", () => this.#fail(new Error("the server closed the connection")));
  }

  send({ head, body, isHead }: WireCall, isKept: boolean): Promise<Answer> {
    this.#reader = new AnswerReader(!isHead, isKept);
    const settle = Promise.withResolvers<Answer>();
    this.#settle = settle;
    const socket = this.#socket;
    if (body === undefined) socket.write(head, "latin1");
    else {
      socket.cork();
      socket.write(head, "latin1");
      socket.write(body);
      socket.uncork();
    }
    return settle.promise;
  }

  close(): void {
    this.isOpen = false;
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    const reader = this.#reader;
    if (reader === undefined || !reader.read(bytes)) return;
    this.#reader = undefined;
    if (!reader.staysOpen) this.close();
    this.#settle?.resolve({ status: reader.status, body: reader.body });
  }

  #fail(error: Error): void {
    this.isOpen = false;
    this.#settle?.reject(error);
  }
}
