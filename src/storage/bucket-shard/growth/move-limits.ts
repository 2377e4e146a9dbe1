/** How much of what moves is moved at once. Tests make it less. */
export const MOVE_LIMITS = {
  /** Keys of one range, those that stay included, where a machine is quick (`range-pace.ts`). */
  keys: 256,
  /** Rows of a range, in which nothing is written until all have arrived; a key that has more moves alone. */
  rows: 1000,
  /** Of one call. An argument of a Durable Object may have 32 MiB. */
  records: 2000,
  bytes: 8 * 1024 * 1024,
  /** Versions and uploads that one transaction deletes. */
  removals: 1000,
  /** Ranges of one run: the shard has other jobs. */
  rangesOfRun: 50,
};
