import { log } from "../../src/lib/log.ts";
import { AlarmIndex, type IndexedAlarm } from "./alarm-index.ts";
import { checkpoint } from "./checkpoints.ts";
import type { ObjectId } from "./object-id.ts";

/** As workerd's: an alarm that failed rings again after 2 seconds, after 4, … up to some 17 minutes, and a bit at random. */
const FIRST_RETRY_MS = 2000;
const MAX_DOUBLINGS = 9;
const JITTER = 0.25;

/** How many ring at once: after a long sleep many may be due, each of which opens a database. */
const MAX_RINGING = 8;

/** The longest that a timer takes; a clock that is set is noticed as late as that. */
const LONGEST_TIMER_MS = 60 * 60 * 1000;

interface Entry {
  readonly id: ObjectId;
  /** As the index has it. */
  dueMs: number;
  failures: number;
  /** After a failure: not before. */
  retryMs: number;
}

/**
 * Wakes the objects of a namespace when their alarms are due, one alarm of an object at a time. One that fails rings again
 * until it does not: workerd gives up after six times, and what the object had to do would never be done.
 */
export class Alarms {
  readonly #folder: string;
  readonly #isSynced: boolean;
  #index: AlarmIndex;
  readonly #ring: (id: ObjectId) => Promise<void>;
  readonly #entries = new Map<string, Entry>();
  readonly #ringing = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #isStopped = false;

  /** @param ring wakes the object, which then sets its alarm anew, or deletes it */
  constructor(folder: string, isSynced: boolean, ring: (id: ObjectId) => Promise<void>) {
    this.#folder = folder;
    this.#isSynced = isSynced;
    this.#index = new AlarmIndex(folder, isSynced, false);
    this.#ring = ring;
    for (const alarm of this.#index.all()) this.#enter(alarm);
  }

  /** What the index has. */
  dueMsOf({ hex }: ObjectId): number | undefined {
    return this.#entries.get(hex)?.dueMs;
  }

  /** Whether one rings, or is to. */
  hasDue(nowMs: number): boolean {
    if (this.#ringing.size > 0) return true;
    return [...this.#entries.values()].some((entry) => ringMsOf(entry) <= nowMs);
  }

  set(id: ObjectId, dueMs: number): void {
    this.#index.set(id, dueMs);
    this.#enter({ id, dueMs });
  }

  delete(id: ObjectId): void {
    this.#index.delete(id);
    this.#entries.delete(id.hex);
  }

  get isSynced(): boolean {
    return this.#index.isSynced;
  }

  /**
   * Done when all that was set is on disk.
   *
   * @throws Error when the disk fails; the index is then opened anew
   */
  async sync(): Promise<void> {
    const index = this.#index;
    try {
      await index.sync();
    } catch (error) {
      // Who comes later finds another one, or one that fails again, and tries this again.
      if (this.#index === index) this.#index = new AlarmIndex(this.#folder, this.#isSynced, true);
      index.close();
      throw error;
    }
  }

  /** None rings from now on; done when those that do have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#ringing.values());
  }

  async close(): Promise<void> {
    const { path } = this.#index;
    await checkpoint(path, this.#isSynced, false).catch((error: unknown) =>
      log("error", "checkpoint failed", { path, error: String(error) }),
    );
    this.#index.close();
  }

  #enter({ id, dueMs }: IndexedAlarm): void {
    const known = this.#entries.get(id.hex);
    if (known === undefined) this.#entries.set(id.hex, { id, dueMs, failures: 0, retryMs: 0 });
    else known.dueMs = dueMs;
    this.#wakeBy(ringMsOf(known ?? { dueMs, retryMs: 0 }));
  }

  #wakeBy(atMs: number): void {
    if (this.#isStopped || atMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = atMs;
    const delayMs = Math.min(Math.max(atMs - Date.now(), 0), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#wake(), delayMs).unref();
  }

  #wake(): void {
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = Date.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) {
      // Whoever ends lets the next one begin.
      if (this.#ringing.size >= MAX_RINGING) return;
      if (this.#ringing.has(entry.id.hex)) continue;
      const ringMs = ringMsOf(entry);
      if (ringMs > nowMs) nextMs = Math.min(nextMs, ringMs);
      else this.#begin(entry);
    }
    this.#wakeBy(nextMs);
  }

  #begin(entry: Entry): void {
    const { hex } = entry.id;
    const ringing = this.#ringOnce(entry).finally(() => {
      this.#ringing.delete(hex);
      this.#wakeBy(Date.now());
    });
    this.#ringing.set(hex, ringing);
  }

  async #ringOnce(entry: Entry): Promise<void> {
    const { id } = entry;
    try {
      await this.#ring(id);
      entry.failures = 0;
    } catch (error) {
      log("error", "alarm failed", { object: id.name ?? id.hex, error: String(error) });
      const delayMs = FIRST_RETRY_MS * 2 ** Math.min(entry.failures, MAX_DOUBLINGS);
      entry.failures += 1;
      entry.retryMs = Date.now() + delayMs * (1 + JITTER * Math.random());
    }
  }
}

function ringMsOf({ dueMs, retryMs }: Pick<Entry, "dueMs" | "retryMs">): number {
  return Math.max(dueMs, retryMs);
}
