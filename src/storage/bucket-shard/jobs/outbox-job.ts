import { Slots } from "../../../lib/slots.ts";
import { waitingTargets } from "../outbox/outbox.ts";
import { drainTarget, type Outbox } from "./drain-target.ts";
import { tellOfJob } from "./job-log.ts";

/** What workerd lets be open at once. */
const CONNECTIONS = 6;
/** For so long a run waits for the deliveries that it has begun: other jobs, and other targets' records, are waiting, too. */
const LINGER_MS = 1000;
/** After so long another run looks whether those that went on were cut off: twice what they can take. */
const WATCH_MS = 60_000;

/**
 * Delivers what waits, to all targets at once, each in its own time: one that does not answer holds up neither the others nor the
 * shard's other jobs.
 */
export class OutboxJob {
  readonly #outbox: Outbox;
  readonly #waitUntil: (promise: Promise<unknown>) => void;
  readonly #lingerMs: number;
  readonly #connections = new Slots(CONNECTIONS);
  /** By target, what is under way; false: it failed. */
  readonly #drains = new Map<string, Promise<boolean>>();

  /** @param waitUntil is told of what goes on beside the job's runs */
  constructor(
    outbox: Outbox,
    waitUntil: (promise: Promise<unknown>) => void,
    lingerMs = LINGER_MS,
  ) {
    this.#outbox = outbox;
    this.#waitUntil = waitUntil;
    this.#lingerMs = lingerMs;
  }

  /** Each target schedules its next run itself, with what became of its records. */
  async run(nowMs: number): Promise<number | undefined> {
    for (const target of waitingTargets(this.#outbox.sql))
      if (!this.#drains.has(target)) this.#begin(target, nowMs);
    const ends = await within(this.#lingerMs, Promise.all(this.#drains.values()));
    return ends?.every(Boolean) === true ? undefined : nowMs + WATCH_MS;
  }

  #begin(target: string, nowMs: number): void {
    const drain = this.#drain(target, nowMs);
    this.#drains.set(target, drain);
    this.#waitUntil(drain);
  }

  async #drain(target: string, nowMs: number): Promise<boolean> {
    try {
      await drainTarget(this.#outbox, this.#connections, target, nowMs);
      return true;
    } catch (error) {
      const { name } = this.#outbox.state;
      tellOfJob(name, "outbox", "failed", { target, reason: String(error) });
      return false;
    } finally {
      this.#drains.delete(target);
    }
  }
}

/** Undefined: it takes longer. */
async function within<T>(timeMs: number, work: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, timeMs, undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
