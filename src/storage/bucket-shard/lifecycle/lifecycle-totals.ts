/** What rules do, by the element of the rule that says so. */
export type LifecycleActionName =
  | "AbortIncompleteMultipartUpload"
  | "ExpiredObjectDeleteMarker"
  | "Expiration"
  | "NoncurrentVersionExpiration"
  | "NoncurrentVersionTransition"
  | "Transition";

interface Total {
  readonly count: number;
  /** Of what went, or moved; a delete marker takes none away. */
  readonly bytes: number;
}

/** What one slice of a scan has done. */
export class LifecycleTally {
  readonly #totals = new Map<LifecycleActionName, Total>();

  get isEmpty(): boolean {
    return this.#totals.size === 0;
  }

  add(action: LifecycleActionName, addedBytes: number): void {
    const { count, bytes } = this.#totals.get(action) ?? { count: 0, bytes: 0 };
    this.#totals.set(action, { count: count + 1, bytes: bytes + addedBytes });
  }

  /** In the transaction that did it. */
  keep(sql: SqlStorage): void {
    for (const [action, { count, bytes }] of this.#totals)
      sql.exec(
        `INSERT INTO lifecycle_total (action, count, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET count = count + ?2, bytes = bytes + ?3`,
        action,
        count,
        bytes,
      );
  }

  /** For the log: how often each, and of how many bytes they were in all. */
  told(): Readonly<Record<string, number>> {
    const counts = [...this.#totals].map(([action, { count }]) => [action, count] as const);
    const bytes = [...this.#totals.values()].reduce((sum, total) => sum + total.bytes, 0);
    return { ...Object.fromEntries(counts), bytes };
  }
}

/** For the metrics: what has been done since the bucket was made, by its name. */
export function lifecycleTotals(
  sql: SqlStorage,
  column: keyof Total,
): Readonly<Record<string, number>> {
  const query = `SELECT action, ${column} AS value FROM lifecycle_total ORDER BY action`;
  const rows = sql.exec<{ action: string; value: number }>(query).toArray();
  return Object.fromEntries(rows.map(({ action, value }) => [action, value]));
}
