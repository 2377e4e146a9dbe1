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
  /** How many shards the bucket has, those included that it is growing to; absent: it has had these from the beginning. */
  readonly shardCount?: number;
}

/** The shards of a bucket, as someone listens to them. */
export interface EventListening {
  /**
   * What happens in a shard. Nothing is stored for it.
   *
   * @param after undefined: from now on, which is answered at once
   * @param waitMs how long to wait until something has happened
   * @param knownShards how many the caller listens to: that there are more is not waited with
   */
  takeEvents(
    shardNumber: number,
    filter: EventFilter,
    after: number | undefined,
    waitMs: number,
    knownShards: number,
  ): Promise<HeardEvents>;
}
