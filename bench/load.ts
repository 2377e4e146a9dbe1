import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import type { Server } from "./server.ts";

/** One request, ready to be sent again and again. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Sends calls to one server over connections that stay open. */
export class Client {
  readonly #server: Server;
  readonly #agent: http.Agent;
  readonly #concurrency: number;

  constructor(server: Server, concurrency: number) {
    this.#server = server;
    this.#concurrency = concurrency;
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
  }

  /** Sends each call once. @returns calls a second */
  once(calls: readonly Call[]): Promise<number> {
    return this.#measure(calls, undefined);
  }

  /** Goes through the calls over and over for so long. @returns calls a second */
  repeat(calls: readonly Call[], seconds: number): Promise<number> {
    return this.#measure(calls, performance.now() + seconds * 1000);
  }

  /** Sends one call. @returns the body of the answer */
  async ask(call: Call): Promise<string> {
    return text(await this.#respond(call));
  }

  close(): void {
    this.#agent.destroy();
  }

  async #measure(calls: readonly Call[], endMs: number | undefined): Promise<number> {
    const startMs = performance.now();
    let next = 0;
    const goesOn = (): boolean =>
      endMs === undefined ? next < calls.length : performance.now() < endMs;
    const connection = async (): Promise<void> => {
      while (goesOn()) {
        const call = calls[next % calls.length];
        next += 1;
        if (call === undefined) throw new Error("no calls");
        await this.#send(call);
      }
    };
    await Promise.all(Array.from({ length: this.#concurrency }, connection));
    return (next * 1000) / (performance.now() - startMs);
  }

  async #send(call: Call): Promise<void> {
    const response = await this.#respond(call);
    response.resume();
    await once(response, "end");
  }

  #respond({ method, path, headers, body }: Call): Promise<http.IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const { host, port } = this.#server;
    const options = { host, port, method, path, agent: this.#agent };
    const length = body === undefined ? {} : { "content-length": body.byteLength };
    const request = http.request({ ...options, headers: { ...headers, ...length } }, (response) => {
      const { statusCode = 0 } = response;
      if (statusCode < 300) {
        resolve(response);
        return;
      }
      reject(new Error(`${method} ${path} answered ${statusCode}`));
      request.destroy();
    });
    request.once("error", reject);
    request.end(body);
    return promise;
  }
}
