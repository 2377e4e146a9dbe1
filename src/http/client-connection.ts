/**
 * The connection that a request came by, e.g. `127.0.0.1:53294`; undefined where something stands between, as
 * Cloudflare's edge or wrangler's proxy do, and manages the connections of clients itself.
 */
export function clientConnection(request: Request): string | undefined {
  const { clientIp } = (request.cf ?? {}) as { readonly clientIp?: string };
  return clientIp;
}
