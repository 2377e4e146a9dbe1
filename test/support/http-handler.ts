import { afterEach } from "vitest";
import type { Handler } from "../../local/http/dispatcher.ts";
import { type HttpOptions, type HttpServer, serveHttp } from "../../local/http/server.ts";
import { RawConnection } from "./raw-connection.ts";

const servers: HttpServer[] = [];
const clients: RawConnection[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

/** Serves a handler on a free port until the test ends. @returns the port */
export async function serve(handler: Handler, options: Partial<HttpOptions> = {}): Promise<number> {
  const server = await serveHttp(handler, { host: "127.0.0.1", port: 0, ...options });
  servers.push(server);
  return server.port;
}

/** Connects until the test ends. */
export function dial(port: number): RawConnection {
  const client = new RawConnection(port);
  clients.push(client);
  return client;
}
