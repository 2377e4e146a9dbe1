import { WorkerEntrypoint } from "./cloudflare-workers.ts";
import { Headers } from "./http/headers.ts";
import { copied, crossedError } from "./durable-objects/crossing.ts";

/** `ctx.exports`: by the name of its class, a stub of each entrypoint of the Worker. */
export type Exports = Readonly<Record<string, object>>;

type Methods = Readonly<Record<string, (...given: unknown[]) => unknown>>;
type EntrypointClass = new (context: object, env: object) => WorkerEntrypoint;

/**
 * The stubs of all entrypoints that a module exports. As on Cloudflare, each call has an instance of its own; what methods are given,
 * and what they answer, is copied on its way, while `fetch` passes its request and its answer on as they are. Streams cross
 * by `fetch` only.
 *
 * Source: https://developers.cloudflare.com/workers/runtime-apis/context/#exports
 *
 * @param module what the Worker's main module exports
 * @param context the execution context of their calls
 */
export function entrypointsOf(
  module: Readonly<Record<string, unknown>>,
  env: object,
  context: object,
): Exports {
  const classes = Object.entries(module).filter(isEntrypoint);
  return Object.fromEntries(classes.map(([name, Class]) => [name, stubOf(Class, env, context)]));
}

function isEntrypoint(entry: [string, unknown]): entry is [string, EntrypointClass] {
  const [, exported] = entry;
  return typeof exported === "function" && exported.prototype instanceof WorkerEntrypoint;
}

interface FetchInit {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
}

/** What entrypoints look at of the request that `fetch(url, init)` makes; it has no body. */
function requestOf(url: string, { method = "GET", headers }: FetchInit = {}): object {
  return { url, method, headers: new Headers(headers), body: null, bodyUsed: false };
}

function stubOf(Class: EntrypointClass, env: object, context: object): object {
  const make = (): Methods => new Class(context, env) as unknown as Methods;
  const names = Object.getOwnPropertyNames(Class.prototype).filter(
    (name) => name !== "constructor",
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      name === "fetch"
        ? async (request: unknown, init?: FetchInit): Promise<unknown> =>
            make()["fetch"]?.(typeof request === "string" ? requestOf(request, init) : request)
        : async (...given: unknown[]): Promise<unknown> => {
            try {
              return copied(await make()[name]?.(...copied(given)));
            } catch (error) {
              throw crossedError(error);
            }
          },
    ]),
  );
}
