import { log } from "../../../lib/log.ts";
import type { NotifyingBucket } from "../../../protocol/events/event-record.ts";
import type { EventFilter, HeardEvents } from "../../ports/event-listening.ts";

/** What is kept for who comes back for more: of whichever is more, the oldest goes. */
const MOST_EVENTS = 1000;
const MOST_CHARACTERS = 1024 * 1024;
/** What one answer tells, which whoever listens may read slowly. */
const MOST_TOLD = 100;
const MOST_TOLD_CHARACTERS = 128 * 1024;
/** After so long without a call nobody listens any more. */
const LEASE_MS = 30_000;

interface NotedEvent {
  readonly name: string;
  readonly key: string;
  /** JSON; undefined: nobody listens. */
  readonly record: string | undefined;
  /** For the log; undefined: it is not to have it. */
  readonly line: object | undefined;
}

interface KeptEvent {
  readonly number: number;
  readonly name: string;
  readonly key: string;
  readonly record: string;
}

const NONE: readonly NotedEvent[] = [];

/** Of these as many as one answer tells; one at least. */
function firstOf(events: readonly KeptEvent[]): readonly KeptEvent[] {
  let left = MOST_TOLD_CHARACTERS;
  const end = events.findIndex(({ record }, i) => {
    left -= record.length;
    return i > 0 && left < 0;
  });
  return events.slice(0, Math.min(MOST_TOLD, end === -1 ? events.length : end));
}

/**
 * Those who listen to a shard while they are there. Nothing of it is stored: they are told of what was committed since they came,
 * once at most.
 */
export class Listeners {
  /** How the bucket was called by whoever came last. */
  #bucket: NotifyingBucket | undefined;
  #bucketName: string | undefined;
  #untilMs = 0;
  /** Of the effect that is being run: whether it is committed is not known yet. */
  #noted: NotedEvent[] = [];
  readonly #kept: KeptEvent[] = [];
  #characters = 0;
  #last: number;
  /** The last that is not kept any more. */
  #lost: number;
  readonly #waiting = new Set<() => void>();

  readonly #stopping: AbortSignal | undefined;

  /**
   * @param nowMs a shard that was restarted goes on with greater numbers than it had
   * @param stopping aborted when nobody is to wait any more
   */
  constructor(nowMs: number, stopping: AbortSignal | undefined) {
    this.#stopping = stopping;
    this.#last = nowMs * 1000;
    this.#lost = this.#last;
  }

  /** Undefined: nobody listens. */
  listening(nowMs: number): NotifyingBucket | undefined {
    return nowMs <= this.#untilMs ? this.#bucket : undefined;
  }

  /** How the bucket is called, by whoever makes the request, or by who made the last one. */
  nameOf(bucketName: string | undefined): string | undefined {
    this.#bucketName = bucketName ?? this.#bucketName;
    return this.#bucketName;
  }

  note(event: NotedEvent): void {
    this.#noted.push(event);
  }

  /** What was noted since the last call. */
  takeNoted(): readonly NotedEvent[] {
    if (this.#noted.length === 0) return NONE;
    const noted = this.#noted;
    this.#noted = [];
    return noted;
  }

  /** Of what is committed. */
  tell(events: readonly NotedEvent[]): void {
    if (events.length === 0) return;
    for (const { name, key, record, line } of events) {
      if (line !== undefined) log("log", "object", { ...line });
      if (record === undefined) continue;
      this.#last += 1;
      this.#kept.push({ number: this.#last, name, key, record });
      this.#characters += record.length;
    }
    while (this.#kept.length > MOST_EVENTS || this.#characters > MOST_CHARACTERS) this.#forgetOne();
    this.wake();
  }

  /** Whoever waits is answered now, though nothing has happened that is told. */
  wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /**
   * What has happened after `after`; as soon as there is something, or else nothing after `waitMs`.
   *
   * @param after as the last answer said it; undefined: from now on, which is answered at once
   */
  async take(
    bucket: NotifyingBucket,
    { events, prefix, suffix }: EventFilter,
    after: number | undefined,
    waitMs: number,
    nowMs: number,
  ): Promise<HeardEvents> {
    if (this.listening(nowMs) === undefined) this.#forgetAll();
    this.#bucket = bucket;
    this.#untilMs = Math.max(this.#untilMs, nowMs + waitMs + LEASE_MS);
    if (after === undefined) return { after: this.#last, records: [], isBehind: false };
    if (this.#last <= after) await this.#somethingWithin(waitMs);
    const isBehind = after < this.#lost;
    const newer = this.#kept.filter(({ number }) => number > after);
    const wanted = newer.filter(
      ({ name, key }) => events.includes(name) && key.startsWith(prefix) && key.endsWith(suffix),
    );
    const told = firstOf(wanted);
    const isAll = told.length === wanted.length;
    return {
      after: isAll ? this.#last : (told.at(-1)?.number ?? this.#last),
      records: told.map(({ record }) => record),
      isBehind,
    };
  }

  async #somethingWithin(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onStop = (): void => resolve();
    if (this.#stopping?.aborted === true) return;
    const timer = setTimeout(resolve, waitMs);
    this.#stopping?.addEventListener("abort", onStop);
    this.#waiting.add(resolve);
    await promise;
    this.#waiting.delete(resolve);
    this.#stopping?.removeEventListener("abort", onStop);
    clearTimeout(timer);
  }

  #forgetAll(): void {
    while (this.#kept.length > 0) this.#forgetOne();
  }

  #forgetOne(): void {
    const oldest = this.#kept.shift();
    if (oldest === undefined) return;
    this.#lost = oldest.number;
    this.#characters -= oldest.record.length;
  }
}
