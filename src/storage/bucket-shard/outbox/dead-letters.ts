import type { DeadLetter } from "../../ports/bucket-index.ts";
import type { Transaction } from "../transaction.ts";
import { deadLetters } from "./outbox-figures.ts";

/** The newest that a shard keeps. */
const MOST_LETTERS = 1000;

/** Those of them that it tells. */
const MOST_TOLD = 100;

/** Keeps rows of the outbox, which the caller forgets there. */
export function bury(
  sql: SqlStorage,
  target: string,
  rows: readonly { readonly id: number }[],
  reason: string,
): void {
  for (const { id } of rows) {
    sql.exec(
      `INSERT OR REPLACE INTO dead_letter (id, target, key, emitted_ms, reason, record)
       SELECT id, target, key, emitted_ms, ?, record FROM outbox WHERE target = ? AND id = ?`,
      reason,
      target,
      id,
    );
  }
  sql.exec(
    "DELETE FROM dead_letter WHERE id <= (SELECT id FROM dead_letter ORDER BY id DESC LIMIT 1 OFFSET ?)",
    MOST_LETTERS,
  );
}

/** The newest first. */
export function listDeadLetters(sql: SqlStorage): DeadLetter[] {
  type Row = { target: string; emittedMs: number; reason: string; record: string };
  const query =
    "SELECT target, emitted_ms AS emittedMs, reason, record FROM dead_letter ORDER BY id DESC LIMIT ?";
  return sql.exec<Row>(query, MOST_TOLD).toArray();
}

/** All of them are tried once more, in their order, and before what came later. @returns how many there were */
export function redrive({ sql, nowMs, schedule }: Transaction): number {
  const count = deadLetters(sql);
  if (count === 0) return 0;
  // They are due as rows that were tried are, so that later rows of their keys wait for them, those as well that a run is at.
  sql.exec(
    `INSERT INTO outbox (target, id, key, emitted_ms, redriven_ms, due_ms, attempts, record)
     SELECT target, id, key, emitted_ms, ?1, ?1, 0, record FROM dead_letter`,
    nowMs,
  );
  sql.exec("DELETE FROM dead_letter");
  sql.exec("DELETE FROM outbox_target");
  sql.exec("DELETE FROM outbox_backlog");
  sql.exec("UPDATE outbox SET due_ms = ?1 WHERE due_ms > ?1", nowMs);
  schedule("outbox", nowMs);
  return count;
}
