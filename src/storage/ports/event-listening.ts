/** Which events someone listens to. */
export interface EventFilter {
  /** As records name them. */
  readonly events: readonly string[];
  /** Of keys; empty: all. */
  readonly prefix: string;
  readonly suffix: string;
}

/** What one shard tells of them. */
export interface HeardEvents {
  /** Up to which it has told: what is asked for next comes after that. */
  readonly after: number;
  /** JSON of each, in the order in which they happened. */
  readonly records: readonly string[];
  /** Some before these are not known any more. */
  readonly isBehind: boolean;
}

/** The shards of a bucket, as someone listens to them. */
export interface EventListening {
  /**
   * What happens in a shard. Nothing is stored for it.
   *
   * @param after undefined: from now on, which is answered at once
   * @param waitMs how long to wait until something has happened
   */
  takeEvents(
    shardNumber: number,
    filter: EventFilter,
    after: number | undefined,
    waitMs: number,
  ): Promise<HeardEvents>;
}
