import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { log } from "../../src/lib/log.ts";
import { Connection } from "./connection.ts";
import { Exchange } from "./exchange.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import { linger } from "./linger.ts";
import { refuse } from "./refusal.ts";
import type { Request } from "./request.ts";
import type { Response } from "./response.ts";
import { send } from "./send.ts";

export type Handler = (request: Request) => Promise<Response>;

/** The rest of a body that nobody wants is read if it is not more, and the connection goes on; otherwise it ends. */
const MAX_READ_ON_BYTES = 64 * 1024;

/** What node:http refuses by itself, in S3's terms; anything else is BadRequest. */
const REFUSALS = {
  HPE_INVALID_METHOD: "MethodNotAllowed",
  HPE_HEADER_OVERFLOW: "RequestHeaderSectionTooLarge",
  ERR_HTTP_REQUEST_TIMEOUT: "RequestTimeout",
} as const;

/** Brings requests to the handler and its answers to the clients. */
export class Dispatcher {
  readonly #handler: Handler;
  readonly #scheme: string;
  readonly #connections = new Map<Socket, Connection>();
  #isStopping = false;

  constructor(handler: Handler, scheme: string) {
    this.#handler = handler;
    this.#scheme = scheme;
  }

  open(socket: Socket): void {
    this.#connections.set(
      socket,
      new Connection((exchange, connection) => void this.#run(exchange, connection)),
    );
    socket.once("close", () => this.#connections.delete(socket));
  }

  take(incoming: IncomingRequest, outgoing: ServerResponse, expectsContinue: boolean): void {
    const exchange = new Exchange(incoming, outgoing, this.#scheme, expectsContinue);
    this.#connections.get(incoming.socket)?.take(exchange);
  }

  async #run(exchange: Exchange, connection: Connection): Promise<void> {
    try {
      const response = await this.#handler(exchange.request);
      this.#answer(response, exchange, connection);
    } catch (error) {
      // The application answers its own failures: this is none of them, or a header that cannot be sent.
      log("error", "request failed", { error: String(error) });
      if (exchange.outgoing.headersSent) exchange.outgoing.destroy();
      else refuse(exchange.incoming.socket, "InternalError");
    }
  }

  #answer(response: Response, exchange: Exchange, connection: Connection): void {
    const { incoming, outgoing } = exchange;
    const { body } = incoming;
    const isUnread = body !== undefined && !body.isComplete;
    const hasTooMuchLeft =
      isUnread &&
      (exchange.awaitsContinue || body.isCancelled || exchange.unreadBytes > MAX_READ_ON_BYTES);
    if (hasTooMuchLeft || this.#isStopping) connection.end();
    if (hasTooMuchLeft) incoming.socket.destroySoon = () => linger(incoming.socket);
    send(response, exchange, connection.isEnding);
    if (isUnread && !outgoing.destroyed) body.discard();
  }

  /** A request that is none, a head that does not come to its end, or a client that hangs up. */
  refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#connections.get(socket);
    const exchange = connection?.open;
    if (exchange !== undefined && !socket.destroyed && socket.writable) {
      // What cannot be read is its body, or stands behind it. It is answered, and the connection ends.
      connection?.end();
      exchange.incoming.body?.fail(error);
      return;
    }
    const isSilent = socket.bytesRead === 0;
    if (connection === undefined || isSilent || connection.isEnding || !socket.writable) {
      socket.destroy();
      return;
    }
    connection.end();
    refuse(socket, REFUSALS[error.code as keyof typeof REFUSALS] ?? "BadRequest");
  }

  /** Nothing has come or gone for a while. */
  look(socket: Socket, stallMs: number): void {
    const exchange = this.#connections.get(socket)?.open;
    const isAnswering = exchange?.outgoing.headersSent === true && socket.writableLength > 0;
    if (exchange === undefined || isAnswering) {
      socket.destroy();
      return;
    }
    const { body } = exchange.incoming;
    if (body?.isAwaited === true) body.fail(new Error("the client has fallen silent"));
    socket.setTimeout(stallMs);
  }

  /** From now on each answer is its connection's last. Those without an open request end at once. */
  stop(): void {
    this.#isStopping = true;
    for (const [socket, connection] of this.#connections)
      if (connection.open === undefined && !connection.isEnding) socket.destroy();
  }

  closeAll(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }
}
