interface Entry<Value> {
  readonly value: Value;
  readonly untilMs: number;
}

/**
 * What one isolate remembers for a time, of accounts, by a name. The oldest goes when there are too many. Requests do not share
 * what they wait for: on Cloudflare, one whose client goes away would leave the others waiting.
 */
export class Remembered<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #limit: number;
  readonly #maxAgeMs: number;
  /** Rises as an account is forgotten, so that what was asked before is not remembered after. */
  #epoch = 0;

  constructor(limit: number, maxAgeMs: number) {
    this.#limit = limit;
    this.#maxAgeMs = maxAgeMs;
  }

  /** What is remembered, or what was asked for now; what fails is not remembered. */
  async get(accountId: string, name: string, ask: () => Promise<Value>): Promise<Value> {
    const known = this.#entries.get(nameOf(accountId, name));
    const nowMs = Date.now();
    if (known !== undefined && known.untilMs > nowMs) return known.value;
    const epoch = this.#epoch;
    const value = await ask();
    if (epoch === this.#epoch) this.#put(nameOf(accountId, name), value, nowMs);
    return value;
  }

  forget(accountId: string): void {
    this.#epoch += 1;
    for (const full of this.#entries.keys())
      if (full.startsWith(nameOf(accountId, ""))) this.#entries.delete(full);
  }

  #put(full: string, value: Value, nowMs: number): void {
    // As the newest.
    this.#entries.delete(full);
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= this.#limit) this.#entries.delete(oldest);
    this.#entries.set(full, { value, untilMs: nowMs + this.#maxAgeMs });
  }
}

function nameOf(accountId: string, name: string): string {
  return `${accountId}/${name}`;
}
