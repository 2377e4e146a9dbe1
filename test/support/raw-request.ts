import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../src/http/app.ts";

interface RawRequest {
  readonly method?: string;
  /** As the runtime makes it: scheme, Host, and request target, one behind the other. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends a request as it may arrive, without a body. A Request that a test makes has a URL that is normalized, and must be
 * one; one that arrives has neither.
 */
export async function sendRaw({
  method = "GET",
  url,
  headers = {},
}: RawRequest): Promise<Response> {
  const request = new Proxy(new Request("http://127.0.0.1:8787/", { method, headers }), {
    get: (target, name) => (name === "url" ? url : Reflect.get(target, name, target)),
  });
  return app.fetch(request, env, createExecutionContext());
}
