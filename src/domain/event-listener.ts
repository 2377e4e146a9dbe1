import type { EventFilter, EventListening, HeardEvents } from "../storage/ports/event-listening.ts";

/** How long a shard keeps a call waiting: as long as that it stays awake for who may have gone. */
const WAIT_MS = 10_000;

interface Heard extends HeardEvents {
  readonly shardNumber: number;
}

/**
 * Listens to all shards of a bucket at once, to those as well that it gets meanwhile. One page of one shard is held at a time, however
 * slowly it is read.
 */
export class EventListener {
  readonly #index: EventListening;
  readonly #filter: EventFilter;
  /** Of those that are listened to. */
  #shardCount = 0;
  /** What each shard is to say next. */
  readonly #calls = new Map<number, Promise<Heard>>();
  /** What some shard has said, until it is taken. */
  #held: Heard | undefined;

  private constructor(index: EventListening, filter: EventFilter) {
    this.#index = index;
    this.#filter = filter;
  }

  /**
   * Done when every shard knows that someone listens: what happens from now on is told.
   *
   * @param shardCount as far as is known: shards tell of more
   */
  static async begin(
    index: EventListening,
    shardCount: number,
    filter: EventFilter,
  ): Promise<EventListener> {
    const listener = new EventListener(index, filter);
    const all: Heard[] = [];
    for (let end = shardCount; all.length < end;) {
      const shardNumbers = Array.from({ length: end - all.length }, (_, i) => all.length + i);
      const begun = await Promise.all(shardNumbers.map((i) => listener.#ask(i, undefined, 0)));
      all.push(...begun);
      end = Math.max(...begun.map((heard) => heard.shardCount ?? 0));
    }
    listener.#shardCount = all.length;
    for (const { shardNumber, after } of all) listener.#askNext(shardNumber, after);
    return listener;
  }

  /**
   * What some shard says next; undefined: none said anything until then, or nobody waits for it any more.
   *
   * @throws as the index does
   */
  async next(withinMs: number, gone: AbortSignal): Promise<HeardEvents | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, withinMs, undefined);
    const onGone = (): void => resolve(undefined);
    gone.addEventListener("abort", onGone);
    try {
      const heard = this.#held ?? (await Promise.race([...this.#calls.values(), promise]));
      if (heard === this.#held) this.#held = undefined;
      if (heard === undefined) return undefined;
      this.#askNext(heard.shardNumber, heard.after);
      this.#join(heard.shardCount ?? 0);
      return heard;
    } finally {
      clearTimeout(timer);
      gone.removeEventListener("abort", onGone);
    }
  }

  #askNext(shardNumber: number, after: number): void {
    this.#wait(shardNumber, this.#ask(shardNumber, after, WAIT_MS));
  }

  /** The bucket has got more shards. What happened in them until they know of it is not told, but that there may be something is. */
  #join(shardCount: number): void {
    for (; this.#shardCount < shardCount; this.#shardCount += 1) {
      const shardNumber = this.#shardCount;
      const call = this.#ask(shardNumber, undefined, 0);
      this.#wait(
        shardNumber,
        call.then((heard) => ({ ...heard, isBehind: true })),
      );
    }
  }

  #wait(shardNumber: number, call: Promise<Heard>): void {
    // Told to whoever asks for it; perhaps nobody does any more.
    call.catch(() => undefined);
    this.#calls.set(shardNumber, call);
  }

  async #ask(shardNumber: number, after: number | undefined, waitMs: number): Promise<Heard> {
    const known = this.#shardCount;
    const taken = await this.#index.takeEvents(shardNumber, this.#filter, after, waitMs, known);
    const heard = { ...taken, shardNumber };
    if (after === undefined || heard.records.length === 0) return heard;
    // The shard keeps what is not taken yet, and is asked for it once more.
    if (this.#held !== undefined) return { shardNumber, after, records: [], isBehind: false };
    this.#held = heard;
    return heard;
  }
}
