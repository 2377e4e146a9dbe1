import type { PublicLane } from "../domain/edge/public-lane.ts";
import type { Waiter } from "../lib/waiter.ts";

/** Where a request runs: whoever keeps the isolate alive for it, and the Worker's own entrypoints, where there are some. */
export interface EntrypointCaller extends Waiter {
  readonly exports?: { readonly PublicObject?: Pick<PublicLane, "fetch"> };
}

/** Undefined where there is no such entrypoint. */
export function publicLaneOf(caller: EntrypointCaller): PublicLane | undefined {
  const { PublicObject: entrypoint } = caller.exports ?? {};
  if (entrypoint === undefined) return undefined;
  return {
    fetch: (url, init) => entrypoint.fetch(url, init),
    waitUntil: (promise) => caller.waitUntil(promise),
    result: undefined,
  };
}
