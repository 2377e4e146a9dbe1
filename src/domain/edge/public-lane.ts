/** What became of a read that might have been answered by the cache; `direct`: it was not, and the object was read as ever. */
export type EdgeResult = "direct" | "hit" | "miss";

/** What a gateway reads public objects by, with a cache in between where there is one. One request's. */
export interface PublicLane {
  /** Of the entrypoint `PublicObject`. */
  fetch(url: string, init: RequestInit<RequestInitCfProperties>): Promise<Response>;
  waitUntil(promise: Promise<unknown>): void;
  /** Undefined: the request did not ask the cache. */
  result: EdgeResult | undefined;
}
