import { MOVE_LIMITS } from "./move-limits.ts";

/** As long as a range is to take, during which nobody writes to its keys. */
const RANGE_MS = 50;
/** Each range costs three rows besides, and on Cloudflare some dozens of milliseconds however few keys it has. */
const LEAST_KEYS = 64;

/** How many keys the next range has, by how long the last ones took: machines, bodies, and what else there is to do differ. */
export class RangePace {
  #keys = LEAST_KEYS;

  /** At most; those that stay are counted, too. */
  get keys(): number {
    return Math.min(this.#keys, MOVE_LIMITS.keys);
  }

  note(tookMs: number): void {
    if (tookMs > RANGE_MS) this.#keys = Math.max(LEAST_KEYS, Math.floor(this.#keys / 2));
    else if (tookMs < RANGE_MS / 2) this.#keys = Math.min(MOVE_LIMITS.keys, this.#keys * 2);
  }
}
