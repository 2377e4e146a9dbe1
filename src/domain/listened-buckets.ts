import type { Settings } from "../env.ts";

/** Clients that may listen at once, on one server: each is an open connection, and a page of events. */
const MOST_LISTENERS = 100;

/** Which buckets someone listens to by way of this server: their requests say who makes them. */
export class ListenedBuckets {
  /** Aborted when the server ends; undefined: nobody says when. */
  readonly stopping: AbortSignal | undefined;
  readonly #logsAll: boolean;
  /** Listeners, by the bucket's id. */
  readonly #listeners = new Map<string, number>();
  #count = 0;

  constructor({ logEvents }: Pick<Settings, "logEvents">, stopping: AbortSignal | undefined) {
    this.#logsAll = logEvents;
    this.stopping = stopping;
  }

  has(bucketId: string): boolean {
    return this.#logsAll || (this.#count > 0 && this.#listeners.has(bucketId));
  }

  /** One listener more. @returns what ends that; undefined: there are too many */
  enter(bucketId: string): (() => void) | undefined {
    if (this.#count >= MOST_LISTENERS) return undefined;
    this.#add(bucketId, 1);
    let isThere = true;
    return () => {
      if (isThere) this.#add(bucketId, -1);
      isThere = false;
    };
  }

  #add(bucketId: string, difference: 1 | -1): void {
    this.#count += difference;
    const count = (this.#listeners.get(bucketId) ?? 0) + difference;
    if (count === 0) this.#listeners.delete(bucketId);
    else this.#listeners.set(bucketId, count);
  }
}
