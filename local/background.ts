import type { Exports } from "./entrypoints.ts";

/** What goes on after its request was answered: the execution context of all requests of a server. */
export class Background implements Pick<ExecutionContext, "waitUntil"> {
  readonly exports: Exports;
  readonly #running = new Set<Promise<void>>();

  /** @param entrypoints makes the stubs of those that are called in this context */
  constructor(entrypoints: (context: Background) => Exports = () => ({})) {
    this.exports = entrypoints(this);
  }

  /** @param promise whose failure is its maker's to tell of */
  waitUntil(promise: Promise<unknown>): void {
    const running = promise.then(ignore, ignore).then(() => void this.#running.delete(running));
    this.#running.add(running);
  }

  /** Done when nothing goes on any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

function ignore(): void {}
