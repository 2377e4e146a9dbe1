import type { Exchange } from "./exchange.ts";

/** Requests that may wait behind another; who sends more without reading an answer means no good. */
const MAX_WAITING = 32;

/**
 * The exchanges of one connection, one after the other: a GET that is sent behind a PUT, without waiting for its answer, sees
 * what was put.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
export class Connection {
  readonly #run: (exchange: Exchange) => void;
  #current: Exchange | undefined;
  #waiting: Exchange[] = [];
  #isEnding = false;

  constructor(run: (exchange: Exchange) => void) {
    this.#run = run;
  }

  /** The exchange whose answer is not out yet. */
  get open(): Exchange | undefined {
    return this.#current?.isFinished === false ? this.#current : undefined;
  }

  /** The answer under way is the last: nothing that was sent behind its request is carried out. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  end(): void {
    this.#isEnding = true;
    this.#waiting = [];
  }

  take(exchange: Exchange): void {
    if (this.#isEnding) return;
    if (this.open === undefined) {
      this.#start(exchange);
      return;
    }
    this.#waiting.push(exchange);
    if (this.#waiting.length > MAX_WAITING) this.end();
    else if (this.#waiting.length === 1) this.#startNextAfter(this.open);
  }

  #start(exchange: Exchange): void {
    this.#current = exchange;
    this.#run(exchange);
  }

  #startNextAfter({ outgoing }: Exchange): void {
    outgoing.once("close", () => {
      const next = this.#waiting.shift();
      if (next === undefined || next.isFinished) return;
      this.#start(next);
      if (this.#waiting.length > 0) this.#startNextAfter(next);
    });
  }
}
