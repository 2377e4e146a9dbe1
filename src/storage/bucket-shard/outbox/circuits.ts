/** After so many failures in a row a target gets one record at a time, to see whether it is back. */
const MOST_FAILURES = 5;

/** How a target does. */
export interface Circuit {
  /** In a row. */
  readonly failures: number;
  /** Before that, nothing is sent to it. */
  readonly dueMs: number;
}

const CLOSED: Circuit = { failures: 0, dueMs: 0 };

/** A target that does well has no row. */
export function circuitOf(sql: SqlStorage, target: string): Circuit {
  const query = "SELECT failures, due_ms FROM outbox_target WHERE target = ?";
  const [row] = sql.exec<{ failures: number; due_ms: number }>(query, target).toArray();
  return row === undefined ? CLOSED : { failures: row.failures, dueMs: row.due_ms };
}

export function isOpen({ failures }: Circuit): boolean {
  return failures >= MOST_FAILURES;
}

/** One delivery more. @param isGone the target says that it is gone for good @param probeMs between attempts at one that fails */
export function circuitAfter(
  { failures }: Circuit,
  outcome: { readonly ok: boolean; readonly isGone?: boolean },
  nowMs: number,
  probeMs: number,
): Circuit {
  if (outcome.ok) return CLOSED;
  const count = outcome.isGone === true ? MOST_FAILURES : failures + 1;
  return { failures: count, dueMs: count >= MOST_FAILURES ? nowMs + probeMs : 0 };
}

/** Written only where something has changed. */
export function keepCircuit(sql: SqlStorage, target: string, was: Circuit, now: Circuit): void {
  if (now.failures === was.failures && now.dueMs === was.dueMs) return;
  if (now.failures === 0) sql.exec("DELETE FROM outbox_target WHERE target = ?", target);
  else
    sql.exec(
      "INSERT OR REPLACE INTO outbox_target (target, failures, due_ms) VALUES (?, ?, ?)",
      target,
      now.failures,
      now.dueMs,
    );
}
