import type { Server } from "node:http";
import type https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { log } from "../../src/lib/log.ts";
import { Dispatcher, type Handler } from "./dispatcher.ts";
import { IncomingRequest } from "./incoming-request.ts";
import { maxOpenFiles } from "./open-files.ts";
import { createServer as createHttpServer, ServerResponse } from "./node-http.ts";

export interface HttpOptions {
  /** Numeric, e.g. `127.0.0.1` or `::1`. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** PEM. Without it, plain HTTP. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
  /**
   * More are closed as they come, and idle ones to make room. Half of what the process may have open is left to files, so that
   * neither runs out.
   */
  readonly maxConnections?: number;
  /** Of request line and headers. */
  readonly maxHeadBytes?: number;
  /** How long a head may take from its first byte to its last, and the first byte of a connection to come. */
  readonly headMs?: number;
  /** How long a connection may be idle between two requests. */
  readonly keepAliveMs?: number;
  /** How long a client may take nothing of what is sent to it. */
  readonly stallMs?: number;
  /** What is refused before there is a request is logged. */
  readonly logsRefusals?: boolean;
}

export interface HttpServer {
  readonly port: number;
  /** Takes no new requests; done when the open ones are answered, or cut off after `patienceMs`. */
  stop(patienceMs: number): Promise<void>;
}

/**
 * Serves a handler by node:http, or node:https; done when it listens.
 *
 * @throws Error when it cannot
 */
export async function serveHttp(handler: Handler, options: HttpOptions): Promise<HttpServer> {
  const {
    host,
    port,
    tls,
    maxConnections = 4096,
    maxHeadBytes = 128 * 1024,
    headMs = 20_000,
    keepAliveMs = 60_000,
    stallMs = 60_000,
    logsRefusals = false,
  } = options;
  const settings = {
    IncomingMessage: IncomingRequest,
    ServerResponse,
    maxHeaderSize: maxHeadBytes,
    headersTimeout: headMs,
    connectionsCheckingInterval: Math.min(headMs, 5000),
    // A body may take as long as it likes, if only it goes on.
    requestTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    // That is answered in S3's form.
    requireHostHeader: false,
  };
  const server: Server<typeof IncomingRequest> =
    tls === undefined
      ? createHttpServer(settings)
      : httpsModule().createServer({ ...settings, ...tls, handshakeTimeout: headMs });
  const dispatcher = new Dispatcher(handler, tls === undefined ? "http" : "https", logsRefusals);
  // Clients may close their half once they have sent their request. node:http reads this, and documents it not.
  Object.assign(server, { httpAllowHalfOpen: true });
  const openFiles = maxOpenFiles() ?? Number.POSITIVE_INFINITY;
  server.maxConnections = Math.min(maxConnections, Math.floor(openFiles / 2));
  // The length of the head limits their number. More than 2,000 would be cut off without a word.
  server.maxHeadersCount = 0;
  server.timeout = stallMs;
  // Those whose TLS is not agreed on yet, too.
  const sockets = new Set<Socket>();
  server
    .on("connection", (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    })
    .on(tls === undefined ? "connection" : "secureConnection", (socket) => dispatcher.open(socket))
    .on("request", (incoming, outgoing) => dispatcher.take(incoming, outgoing, false))
    .on("checkContinue", (incoming, outgoing) => dispatcher.take(incoming, outgoing, true))
    // Expectations that nobody knows are none.
    .on("checkExpectation", (incoming, outgoing) => dispatcher.take(incoming, outgoing, false))
    .on("clientError", (error, socket) => dispatcher.refuse(error, socket as Socket))
    .on("connect", (_, socket) => dispatcher.refuseAs(socket as Socket, "MethodNotAllowed"))
    .on("timeout", (socket) => dispatcher.look(socket, stallMs))
    .on("drop", () => server.closeIdleConnections());
  await listen(server, host, port);
  server.on("error", (error) => log("error", "connection not accepted", { error: String(error) }));
  return {
    port: (server.address() as AddressInfo).port,
    async stop(patienceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      dispatcher.stop();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, patienceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Loaded for who asks for TLS: it takes a tenth of the time in which the server starts. */
function httpsModule(): typeof https {
  return process.getBuiltinModule("node:https");
}

function listen(server: Server<typeof IncomingRequest>, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
