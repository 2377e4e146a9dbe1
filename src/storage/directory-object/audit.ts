import type { AuditEntry, AuditEvent, AuditQuery } from "../ports/audit-log.ts";

/** Of 1 KB each, 100 MB. */
const MAX_EVENTS = 100_000;
const MAX_AGE_MS = 400 * 86_400_000;
/** How many of the old ones go with each new one, so that they become fewer. */
const MAX_EXPIRED = 4;

/** @param refused the error's code; undefined: it is done in this transaction */
export function recordEvent(sql: SqlStorage, entry: AuditEntry, refused?: string): void {
  const id = (outermost(sql, "DESC")?.id ?? 0) + 1;
  sql.exec(
    "INSERT INTO audit_event (id, time_ms, account_id, event) VALUES (?, ?, ?, ?)",
    id,
    entry.timeMs,
    entry.accountId ?? null,
    JSON.stringify(refused === undefined ? entry : { ...entry, refused }),
  );
  for (let i = 0; i < MAX_EXPIRED; i += 1) {
    const oldest = outermost(sql, "ASC");
    const isExpired =
      oldest !== undefined &&
      (oldest.id <= id - MAX_EVENTS || oldest.timeMs < entry.timeMs - MAX_AGE_MS);
    if (!isExpired) return;
    sql.exec("DELETE FROM audit_event WHERE id = ?", oldest.id);
  }
}

/** The oldest event, or the newest. */
function outermost(
  sql: SqlStorage,
  order: "ASC" | "DESC",
): { readonly id: number; readonly timeMs: number } | undefined {
  const query = `SELECT id, time_ms AS timeMs FROM audit_event ORDER BY id ${order} LIMIT 1`;
  return sql.exec<{ id: number; timeMs: number }>(query).toArray()[0];
}

/** Of a change of accounts, if it was done. */
export function recordChange<Outcome>(
  sql: SqlStorage,
  outcome: Outcome,
  entry: AuditEntry | undefined,
): Outcome {
  const isDone = typeof outcome === "object" && outcome !== null && "changedKeyIds" in outcome;
  if (isDone && entry !== undefined) recordEvent(sql, entry);
  return outcome;
}

interface EventRow extends Record<string, SqlStorageValue> {
  id: number;
  event: string;
}

export function listEvents(
  sql: SqlStorage,
  { accountId, before, limit }: AuditQuery,
): readonly AuditEvent[] {
  const isOfAccount = accountId === undefined ? "" : "account_id = ? AND";
  return sql
    .exec<EventRow>(
      `SELECT id, event FROM audit_event WHERE ${isOfAccount} id < ? ORDER BY id DESC LIMIT ?`,
      ...(accountId === undefined ? [] : [accountId]),
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    )
    .toArray()
    .map(({ id, event }) => ({ ...(JSON.parse(event) as AuditEntry), id }));
}
