import type { EventFilter, EventListening, HeardEvents } from "../storage/ports/event-listening.ts";

/** How long a shard keeps a call waiting: as long as that it stays awake for who may have gone. */
const WAIT_MS = 10_000;

interface Heard extends HeardEvents {
  readonly shardNumber: number;
}

/** Listens to all shards of a bucket at once. One page of one shard is held at a time, however slowly it is read. */
export class EventListener {
  readonly #index: EventListening;
  readonly #filter: EventFilter;
  /** What each shard is to say next. */
  readonly #calls = new Map<number, Promise<Heard>>();
  /** What some shard has said, until it is taken. */
  #held: Heard | undefined;

  private constructor(index: EventListening, filter: EventFilter) {
    this.#index = index;
    this.#filter = filter;
  }

  /** Done when every shard knows that someone listens: what happens from now on is told. */
  static async begin(
    index: EventListening,
    shardCount: number,
    filter: EventFilter,
  ): Promise<EventListener> {
    const listener = new EventListener(index, filter);
    const shardNumbers = Array.from({ length: shardCount }, (_, i) => i);
    const begun = await Promise.all(shardNumbers.map((i) => listener.#ask(i, undefined, 0)));
    for (const { shardNumber, after } of begun) listener.#askNext(shardNumber, after);
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
      if (heard !== undefined) this.#askNext(heard.shardNumber, heard.after);
      return heard;
    } finally {
      clearTimeout(timer);
      gone.removeEventListener("abort", onGone);
    }
  }

  #askNext(shardNumber: number, after: number): void {
    const call = this.#ask(shardNumber, after, WAIT_MS);
    // Told to whoever asks for it; perhaps nobody does any more.
    call.catch(() => undefined);
    this.#calls.set(shardNumber, call);
  }

  async #ask(shardNumber: number, after: number | undefined, waitMs: number): Promise<Heard> {
    const taken = await this.#index.takeEvents(shardNumber, this.#filter, after, waitMs);
    const heard = { ...taken, shardNumber };
    if (after === undefined || heard.records.length === 0) return heard;
    // The shard keeps what is not taken yet, and is asked for it once more.
    if (this.#held !== undefined) return { shardNumber, after, records: [], isBehind: false };
    this.#held = heard;
    return heard;
  }
}
