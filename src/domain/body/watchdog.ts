import { S3Error } from "../../protocol/errors.ts";

/**
 * Ends a wait for a client that sends nothing. One timer serves all waits of a body: it is set anew when it fires, not with
 * every wait, since a body of gigabytes has thousands of them.
 */
export class Watchdog {
  readonly #patienceMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Undefined: the client is not waited for. */
  #giveUp: ((reason: S3Error) => void) | undefined;
  #deadlineMs = 0;
  #hasGivenUp = false;

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** @throws S3Error RequestTimeout when it takes too long, and what `wait` throws */
  async watch<T>(wait: Promise<T>): Promise<T> {
    this.#deadlineMs = Date.now() + this.#patienceMs;
    this.#timer ??= setTimeout(() => this.#look(), this.#patienceMs);
    const { promise: silence, reject } = Promise.withResolvers<never>();
    this.#giveUp = reject;
    try {
      return await Promise.race([wait, silence]);
    } finally {
      this.#giveUp = undefined;
    }
  }

  /** The last wait ended with RequestTimeout, while its read still goes on. */
  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  /** Call it when nothing is waited for any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    // Between two waits the Worker is at work, and the client's time does not run.
    const leftMs = this.#giveUp === undefined ? this.#patienceMs : this.#deadlineMs - Date.now();
    if (leftMs > 0) {
      this.#timer = setTimeout(() => this.#look(), leftMs);
      return;
    }
    this.#hasGivenUp = true;
    this.#giveUp?.(new S3Error("RequestTimeout"));
  }
}
