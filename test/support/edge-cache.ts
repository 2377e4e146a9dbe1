import { env } from "cloudflare:workers";
import { app } from "../../src/http/app.ts";
import type { EntrypointCaller } from "../../src/http/public-lane.ts";
import { answerPublicObject } from "../../src/http/public-object.ts";
import { parseRange, resolveRange } from "../../src/protocol/range.ts";

interface Entry {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly storedMs: number;
  readonly maxAgeMs: number;
}

type Entrypoints = NonNullable<EntrypointCaller["exports"]>;

/** A gateway whose Worker has these entrypoints. */
export class GatewayContext {
  readonly #entrypoints: () => Entrypoints;
  readonly #later: Promise<unknown>[] = [];

  constructor(entrypoints: Entrypoints | (() => Entrypoints)) {
    this.#entrypoints = typeof entrypoints === "function" ? entrypoints : () => entrypoints;
  }

  readonly waitUntil = (promise: Promise<unknown>): void => void this.#later.push(promise);

  async send(request: Request, bindings: Cloudflare.Env = env): Promise<Response> {
    const { waitUntil } = this;
    const passThroughOnException = (): undefined => undefined;
    const exports = this.#entrypoints();
    return app.fetch(request, bindings, { waitUntil, passThroughOnException, props: {}, exports });
  }

  /** What requests left to be done in the background. */
  async settle(): Promise<void> {
    await Promise.all(this.#later.splice(0));
  }
}

/** Sends a request through a gateway on a platform without the entrypoint, so that it is read as ever. */
export function sendStrongly(request: Request): Promise<Response> {
  return new GatewayContext({}).send(request);
}

/** How one cache serves the gateways of a test. */
interface EdgeCacheOptions {
  readonly env?: Cloudflare.Env;
}

/**
 * A shared cache in front of `PublicObject`, as RFC 9111 and the documentation of Workers Cache have it: it knows no host and no
 * Authorization, fills itself by whole GETs, and makes HEAD's answers and ranges of what it has. Its clock is `Date`'s.
 *
 * Source: https://developers.cloudflare.com/workers/cache/cache-keys/ and …/configuration/
 */
export class EdgeCache extends GatewayContext {
  readonly entries = new Map<string, Entry>();
  /** What it was asked, as it came. */
  readonly requests: Request[] = [];
  /** How often the entrypoint ran. */
  runs = 0;
  readonly #env: Cloudflare.Env;

  constructor({ env: given = env }: EdgeCacheOptions = {}) {
    super(() => ({ PublicObject: { fetch: (url, init) => this.#fetch(url, init) } }));
    this.#env = given;
  }

  override send(request: Request, bindings = this.#env): Promise<Response> {
    return super.send(request, bindings);
  }

  async #fetch(url: string, init: RequestInit<RequestInitCfProperties>): Promise<Response> {
    const request = new Request(url, init);
    this.requests.push(request);
    const key = init.cf?.cacheKey ?? "";
    const found = this.entries.get(key);
    if (found !== undefined && Date.now() - found.storedMs < found.maxAgeMs)
      return answerOf(found, request, "HIT");
    this.runs += 1;
    const { waitUntil } = this;
    const answer = await answerPublicObject(new Request(url), this.#env, { waitUntil, cache: {} });
    const entry = await entryOf(answer);
    this.entries.delete(key);
    if (entry.maxAgeMs > 0) this.entries.set(key, entry);
    return answerOf(entry, request, entry.maxAgeMs > 0 ? "MISS" : "BYPASS");
  }
}

async function entryOf({ status, headers: received, body }: Response): Promise<Entry> {
  const headers = new Headers(received);
  const policy = headers.get("cloudflare-cdn-cache-control") ?? headers.get("cache-control") ?? "";
  headers.delete("cloudflare-cdn-cache-control");
  // Without a policy of its own an answer would be kept heuristically, and without this word longer than it says.
  const isKnown = policy === "no-store" || /^public, max-age=\d+, must-revalidate$/.test(policy);
  if (!isKnown) throw new Error(`the policy is "${policy}"`);
  for (const name of ["vary", "set-cookie", "etag", "last-modified", "content-encoding"])
    if (headers.has(name)) throw new Error(`the cache would act upon ${name}`);
  const maxAge = status === 206 ? undefined : /max-age=(\d+)/.exec(policy)?.[1];
  return {
    status,
    headers,
    body: new Uint8Array(await new Response(body).arrayBuffer()),
    storedMs: Date.now(),
    maxAgeMs: 1000 * Number(maxAge ?? 0),
  };
}

function answerOf(
  { status, headers: stored, body, storedMs }: Entry,
  { method, headers: asked }: Request,
  cacheStatus: string,
): Response {
  const headers = new Headers(stored);
  headers.set("cf-cache-status", cacheStatus);
  headers.set("cf-ray", "0-TEST");
  if (cacheStatus === "HIT") headers.set("age", String(Math.floor((Date.now() - storedMs) / 1000)));
  if (method === "HEAD") return new Response(null, { status, headers });
  const spec = status === 200 ? parseRange(asked.get("range")) : undefined;
  if (spec === undefined) return new Response(body, { status, headers });
  const range = resolveRange(spec, body.length);
  if (range === undefined) return new Response("<html>416</html>", { status: 416, headers });
  const { offset, length } = range;
  headers.set("content-length", String(length));
  headers.set("content-range", `bytes ${offset}-${offset + length - 1}/${body.length}`);
  return new Response(body.slice(offset, offset + length), { status: 206, headers });
}
