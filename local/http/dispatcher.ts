import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { log } from "../../src/lib/log.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import { Connection } from "./connection.ts";
import { Exchange } from "./exchange.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import { linger } from "./linger.ts";
import { type ParseError, refusal, refusalCode, refuse } from "./refusal.ts";
import type { Request } from "./request.ts";
import type { Response } from "./response.ts";
import { send } from "./send.ts";

export type Handler = (request: Request) => Response | Promise<Response>;

/** The rest of a body that nobody wants is read if it is not more, and the connection goes on; otherwise it ends. */
const MAX_READ_ON_BYTES = 64 * 1024;

/** Brings requests to the handler and its answers to the clients. */
export class Dispatcher {
  readonly #handler: Handler;
  readonly #scheme: string;
  readonly #isLogged: boolean;
  readonly #connections = new Map<Socket, Connection>();
  #isStopping = false;

  /** @param isLogged what is refused without the handler */
  constructor(handler: Handler, scheme: string, isLogged: boolean) {
    this.#handler = handler;
    this.#scheme = scheme;
    this.#isLogged = isLogged;
  }

  open(socket: Socket): void {
    const connection = new Connection((exchange) => void this.#run(exchange, connection));
    this.#connections.set(socket, connection);
    const hangUp = (): void => connection.open?.request.hangUp();
    socket.once("end", hangUp).once("close", () => {
      hangUp();
      this.#connections.delete(socket);
    });
  }

  take(incoming: IncomingRequest, outgoing: ServerResponse, expectsContinue: boolean): void {
    const exchange = new Exchange(incoming, outgoing, this.#scheme, expectsContinue);
    const { socket } = incoming;
    const connection = this.#connections.get(socket);
    connection?.take(exchange);
    // What came with it is parsed first. After the answer under way, the connection lingers, and is read again.
    if (connection?.isEnding === true)
      setImmediate(() => connection.open !== undefined && socket.pause());
  }

  async #run(exchange: Exchange, connection: Connection): Promise<void> {
    try {
      this.#answer(await this.#handler(exchange.request), exchange, connection);
    } catch (error) {
      // The application answers its own failures: this is none of them, or a header that cannot be sent.
      log("error", "internal error", { cause: String(error) });
      if (exchange.outgoing.headersSent) exchange.outgoing.destroy();
      else this.#answer(refusal("InternalError"), exchange, connection);
    }
  }

  #answer(response: Response, exchange: Exchange, connection: Connection): void {
    const { incoming, outgoing } = exchange;
    const { body } = incoming;
    const isUnread = body !== undefined && !body.isComplete;
    const hasTooMuchLeft =
      isUnread &&
      (exchange.awaitsContinue || body.isCancelled || !(body.missingBytes <= MAX_READ_ON_BYTES));
    if (hasTooMuchLeft) connection.end();
    if (connection.isEnding) incoming.socket.destroySoon = () => linger(incoming.socket);
    else if (this.#isStopping) connection.end();
    send(response, exchange, connection.isEnding);
    if (isUnread && !outgoing.destroyed) body.discard();
  }

  /** A request that is none, a head that does not come to its end, or a client that hangs up. */
  refuse(error: ParseError, socket: Socket): void {
    const connection = this.#connections.get(socket);
    const exchange = connection?.open;
    if (exchange !== undefined && socket.writable) {
      // What cannot be read is its body, or stands behind it. It is answered, and the connection ends.
      connection?.end();
      exchange.incoming.body?.fail(error);
      if (exchange.outgoing.headersSent) exchange.outgoing.once("close", () => linger(socket));
      return;
    }
    // It has its last answer, and ends by itself.
    if (connection?.isEnding === true) return;
    const isSilent = socket.bytesRead === 0;
    if (isSilent || !socket.writable) socket.destroy();
    else this.refuseAs(socket, refusalCode(error));
  }

  refuseAs(socket: Socket, code: ErrorCode): void {
    this.#connections.get(socket)?.end();
    refuse(socket, code, this.#isLogged);
  }

  /** Nothing has come or gone for a while. A body is watched by whoever reads it. */
  look(socket: Socket, stallMs: number): void {
    const exchange = this.#connections.get(socket)?.open;
    const isUntaken = exchange?.outgoing.headersSent === true && socket.writableLength > 0;
    if (exchange === undefined || isUntaken) socket.destroy();
    else socket.setTimeout(stallMs);
  }

  /** From now on each answer is its connection's last. Those without an open request end at once. */
  stop(): void {
    this.#isStopping = true;
    for (const [socket, connection] of this.#connections) {
      const { open } = connection;
      if (open === undefined && !connection.isEnding) socket.destroy();
      // It has been told that the connection goes on.
      if (open?.outgoing.headersSent === true)
        open.outgoing.once("close", () => socket.destroySoon());
    }
  }
}
