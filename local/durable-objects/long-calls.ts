/** What takes longer keeps others waiting who would be answered in a tenth of a millisecond. */
const LONG_MS = 1;

/**
 * Lets calls that take long run one in each turn of the event loop, so that requests that came meanwhile are answered between
 * them: 16 clients who list folders kept a GET waiting for 16 listings (p99 of 253 ms, measured 2026-11). How long a method takes
 * is known from its last call.
 */
class LongCalls {
  readonly #lastMs = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];

  /** Done when it is this call's turn; undefined: at once. */
  turnOf(method: string): Promise<void> | undefined {
    if ((this.#lastMs.get(method) ?? 0) < LONG_MS) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => this.#letNext());
    });
  }

  took(method: string, ms: number): void {
    this.#lastMs.set(method, ms);
  }

  #letNext(): void {
    this.#waiting[0]?.();
    this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(() => this.#letNext());
  }
}

/** Of this thread, whatever namespaces there are. */
export const longCalls = new LongCalls();
