import { isTried, nextRetry, type OutboxRow, retriesDue, waitingRows } from "./outbox.ts";

/** Rows that are looked through for those that may be delivered. */
export const WALK = 1000;

/** Behind the first row, those of its key that may follow it, in their order. */
export type Lane = readonly [first: OutboxRow, ...rest: OutboxRow[]];

/** What may be delivered now, of each key the first rows. */
export interface Walk {
  /** Of keys of which nothing waits for another try. */
  readonly fresh: readonly Lane[];
  /** Rows that are tried once more; what follows them is delivered when they were taken. */
  readonly retries: readonly Lane[];
  /** All that was looked at behind `passedUpTo`, in order. */
  readonly rows: readonly OutboxRow[];
  /** Keys of which a row is tried once more, as far as they were met. */
  readonly waiting: ReadonlySet<string>;
  /** All keys of a whole walk wait, and there may be more behind it. */
  readonly isFull: boolean;
}

/**
 * Looks for what may be delivered to a target: behind a row that waits for another try, all of its key wait, and however many these are,
 * other keys go on.
 *
 * @param passedUpTo see `Backlog` @param most rows, about
 */
export function nextLanes(
  sql: SqlStorage,
  target: string,
  passedUpTo: number,
  nowMs: number,
  most: number,
): Walk {
  const retries = new Map<string, Lane>();
  for (const row of retriesDue(sql, target, nowMs, most)) retries.set(row.key, [row]);
  const fresh = new Map<string, [OutboxRow, ...OutboxRow[]]>();
  const waiting = new Set<string>();
  const rows: OutboxRow[] = [];
  let count = 0;
  for (const row of waitingRows(sql, target, WALK, passedUpTo)) {
    rows.push(row);
    const { key } = row;
    const lane = fresh.get(key);
    if (row.due_ms !== null) waiting.add(key);
    if (waiting.has(key)) continue;
    if (lane === undefined) {
      if (passedUpTo > 0 && isTried(sql, target, key, row.id)) {
        waiting.add(key);
        continue;
      }
      // What was delivered anew while a later row was under way goes before that.
      retries.delete(key);
      fresh.set(key, [row]);
    } else lane.push(row);
    count += 1;
    if (count === most) break;
  }
  return {
    fresh: [...fresh.values()],
    retries: [...retries.values()],
    rows,
    waiting,
    isFull: rows.length === WALK && count < most,
  };
}

/** They take turns, so that neither has to wait for all of the others. */
export function inTurn({ fresh, retries }: Walk): readonly Lane[] {
  const length = Math.max(fresh.length, retries.length);
  return Array.from({ length }, (_, i) => [fresh[i], retries[i]])
    .flat()
    .filter((lane) => lane !== undefined);
}

/**
 * One row of a target that fails, to see whether it takes any: one that was never tried, or else the one that has waited longest, since
 * it may be a few rows only that it does not take.
 */
export function probeOf(sql: SqlStorage, target: string, { fresh, isFull }: Walk): readonly Lane[] {
  const [first] = fresh;
  if (first !== undefined) return [[first[0]]];
  const retry = isFull ? undefined : nextRetry(sql, target);
  return retry === undefined ? [] : [[retry]];
}

/** As many rows of keys that wait are worth a row that says where they end. */
const WORTH_PASSING = 100;

/**
 * Up to which row all are of keys that wait, once what a walk has found was delivered or not.
 *
 * @param gone rows that are not there any more @param postponed rows that will be tried once more
 */
export function passedOf(
  { rows, waiting: before }: Walk,
  passedUpTo: number,
  gone: ReadonlySet<number>,
  postponed: ReadonlySet<number>,
): number {
  const waiting = new Set(before);
  let [passed, count] = [passedUpTo, 0];
  for (const { id, key } of rows) {
    if (postponed.has(id)) waiting.add(key);
    if (!gone.has(id)) {
      if (!waiting.has(key)) break;
      count += 1;
    }
    passed = id;
  }
  return count < WORTH_PASSING ? passedUpTo : passed;
}

/** Whether rows have come, since a walk from the first row on, among those that would be passed. Whatever puts them there forgets what was passed. */
export function hasOthers(
  sql: SqlStorage,
  target: string,
  { rows }: Walk,
  passed: number,
): boolean {
  if (passed === 0) return false;
  const walked = new Set(rows.map(({ id }) => id));
  const query = "SELECT id FROM outbox WHERE target = ? AND id <= ?";
  const ids = sql.exec<{ id: number }>(query, target, passed).toArray();
  return ids.some(({ id }) => !walked.has(id));
}
