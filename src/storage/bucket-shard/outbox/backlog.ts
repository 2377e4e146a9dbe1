import type { OutboxRow } from "./outbox.ts";

/** Rows that are counted at a time: each is a record, of a KiB or so. */
const COUNTED_AT_ONCE = 20_000;

/**
 * What is kept of the rows that wait for a target, so that nobody reads them all each time: none of it costs a row of a write, since
 * what comes later has a greater id, and is counted from there.
 */
export interface Backlog {
  /** Of the rows up to {@link countedUpTo}. */
  readonly count: number;
  readonly countedUpTo: number;
  /** Every row up to this one is of a key of which a row was tried, that one or one before it: none may be delivered before that. */
  readonly passedUpTo: number;
}

export const NO_BACKLOG: Backlog = { count: 0, countedUpTo: 0, passedUpTo: 0 };

export function backlogOf(sql: SqlStorage, target: string): Backlog {
  const query = `SELECT count, counted_up_to AS countedUpTo, passed_up_to AS passedUpTo FROM outbox_backlog WHERE target = ?`;
  const [row] = sql.exec<Record<keyof Backlog, number>>(query, target).toArray();
  return row ?? NO_BACKLOG;
}

/** With the rows that came since. @returns also whether these are all */
export function countOn(
  sql: SqlStorage,
  target: string,
  backlog: Backlog,
  most = COUNTED_AT_ONCE,
): { readonly backlog: Backlog; readonly isAll: boolean } {
  const query = `SELECT COUNT(*) AS count, MAX(id) AS last FROM
    (SELECT id FROM outbox WHERE target = ? AND id > ? ORDER BY id LIMIT ?)`;
  const { count, last } = sql
    .exec<{ count: number; last: number | null }>(query, target, backlog.countedUpTo, most)
    .one();
  const countedUpTo = last ?? backlog.countedUpTo;
  return {
    backlog: { ...backlog, count: backlog.count + count, countedUpTo },
    isAll: count < most,
  };
}

/** Some rows are gone. What is behind one that was tried may be next. */
export function without(backlog: Backlog, gone: readonly OutboxRow[]): Backlog {
  const counted = gone.filter(({ id }) => id <= backlog.countedUpTo).length;
  const next = gone.flatMap(({ id, due_ms: dueMs }) => (dueMs === null ? [] : [id - 1]));
  return {
    ...backlog,
    count: backlog.count - counted,
    passedUpTo: Math.min(backlog.passedUpTo, ...next),
  };
}

/** Fewer rows are counted each time: that costs no more than to keep their number. */
const WORTH_KEEPING = 1000;

/** Written only where something has changed. */
export function keepBacklog(sql: SqlStorage, target: string, now: Backlog): void {
  const was = backlogOf(sql, target);
  if (
    now.count === was.count &&
    now.countedUpTo === was.countedUpTo &&
    now.passedUpTo === was.passedUpTo
  )
    return;
  if (now.count < WORTH_KEEPING && now.passedUpTo === 0) forgetBacklog(sql, target);
  else
    sql.exec(
      "INSERT OR REPLACE INTO outbox_backlog (target, count, counted_up_to, passed_up_to) VALUES (?, ?, ?, ?)",
      target,
      now.count,
      now.countedUpTo,
      now.passedUpTo,
    );
}

/** Rows came that are not the last, or some went: it is found out anew. */
export function forgetBacklog(sql: SqlStorage, target: string): void {
  sql.exec("DELETE FROM outbox_backlog WHERE target = ?", target);
}
