import { type Call, Connection, type WireCall, wireCall } from "./connection.ts";
import type { Address } from "./server.ts";

/** How the calls of one measurement went. */
export interface Load {
  readonly count: number;
  readonly seconds: number;
  /** Of each call, until its answer was whole. */
  readonly latenciesMs: readonly number[];
}

/** Sends calls to one server over connections that stay open. */
export class Client {
  readonly #server: Address;
  readonly #connections: number;

  constructor(server: Address, connections: number) {
    this.#server = server;
    this.#connections = connections;
  }

  /** Sends each call once. */
  once(calls: readonly Call[]): Promise<Load> {
    return this.#measure(calls, (sent) => sent < calls.length);
  }

  /** Goes through the calls over and over for so long. */
  repeat(calls: readonly Call[], seconds: number): Promise<Load> {
    const endMs = performance.now() + seconds * 1000;
    return this.#measure(calls, () => performance.now() < endMs);
  }

  /** Goes through the calls over and over until told to end. */
  repeatUntil(calls: readonly Call[], isEnded: () => boolean): Promise<Load> {
    return this.#measure(calls, () => !isEnded());
  }

  /** Sends one call. @returns the body of the answer */
  async ask(call: Call): Promise<string> {
    const connection = new Connection(this.#server);
    try {
      return (await succeed(connection, wireCall(call, this.#server), true)).toString();
    } finally {
      connection.close();
    }
  }

  async #measure(calls: readonly Call[], goesOn: (sent: number) => boolean): Promise<Load> {
    const wire = calls.map((call) => wireCall(call, this.#server));
    const latenciesMs: number[] = [];
    let sent = 0;
    const work = async (): Promise<void> => {
      let connection = new Connection(this.#server);
      try {
        while (goesOn(sent)) {
          const call = wire[sent % wire.length];
          sent += 1;
          if (call === undefined) throw new Error("no calls");
          if (!connection.isOpen) connection = new Connection(this.#server);
          const sentMs = performance.now();
          await succeed(connection, call, false);
          latenciesMs.push(performance.now() - sentMs);
        }
      } finally {
        connection.close();
      }
    };
    const startMs = performance.now();
    await Promise.all(Array.from({ length: this.#connections }, work));
    const seconds = (performance.now() - startMs) / 1000;
    return { count: latenciesMs.length, seconds, latenciesMs };
  }
}

/** @throws Error for an answer that is no success */
async function succeed(connection: Connection, call: WireCall, isKept: boolean): Promise<Buffer> {
  const { status, body } = await connection.send(call, isKept);
  if (status < 300) return body;
  throw new Error(`${call.label} answered ${status} ${body.toString().slice(0, 500)}`);
}
