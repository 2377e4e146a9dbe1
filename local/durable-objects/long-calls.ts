/** What takes longer keeps others waiting who would be answered in a tenth of a millisecond. */
const LONG_MS = 1;

/** Of the last five calls of a method: each a bit, the latest the lowest, set if the call took long. */
const LAST_CALLS = 0b11111;
const MOST_OF_THEM = 3;

/**
 * Lets calls that take long run one in each turn of the event loop, so that requests that came meanwhile are answered between
 * them: 16 clients who list folders kept a GET waiting for 16 listings (p99 of 253 ms, measured 2026-11). How long a method takes
 * is known from its last calls, of which a single one may have had to wait for the processor, or for the garbage collector: a
 * read that was taken for long by that would wait behind all listings.
 */
export class LongCalls {
  readonly #lastCalls = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];

  /** Done when it is this call's turn; undefined: at once. */
  turnOf(method: string): Promise<void> | undefined {
    if (bitsIn(this.#lastCalls.get(method) ?? 0) < MOST_OF_THEM) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => this.#letNext());
    });
  }

  took(method: string, ms: number): void {
    const earlier = this.#lastCalls.get(method) ?? 0;
    this.#lastCalls.set(method, ((earlier << 1) | Number(ms >= LONG_MS)) & LAST_CALLS);
  }

  #letNext(): void {
    this.#waiting[0]?.();
    this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(() => this.#letNext());
  }
}

function bitsIn(number: number): number {
  let count = 0;
  for (let rest = number; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Of this thread, whatever namespaces there are. */
export const longCalls = new LongCalls();
