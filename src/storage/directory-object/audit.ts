import type { AuditEntry, AuditEvent, AuditQuery } from "../ports/audit-log.ts";

/**
 * Of each account, of what was done and of what was refused: neither another account nor whoever is refused everything can push
 * out what somebody wants to know.
 */
const MAX_EVENTS = 10_000;
const MAX_AGE_MS = 400 * 86_400_000;
/** How many of the old ones go with each new one, so that they become fewer. */
const MAX_EXPIRED = 4;

/** Which events are counted together. */
type Kind = readonly [accountId: string | null, isRefused: number];

/** @param refused the error's code; undefined: it is done in this transaction */
export function recordEvent(sql: SqlStorage, entry: AuditEntry, refused?: string): void {
  const kind: Kind = [entry.accountId ?? null, refused === undefined ? 0 : 1];
  const number = (outermost(sql, kind, "DESC")?.number ?? 0) + 1;
  sql.exec(
    `INSERT INTO audit_event (account_id, is_refused, number, time_ms, event)
     VALUES (?, ?, ?, ?, ?)`,
    ...kind,
    number,
    entry.timeMs,
    JSON.stringify(refused === undefined ? entry : { ...entry, refused }),
  );
  for (let i = 0; i < MAX_EXPIRED; i += 1) {
    const oldest = outermost(sql, kind, "ASC");
    const isExpired =
      oldest !== undefined &&
      (oldest.number <= number - MAX_EVENTS || oldest.timeMs < entry.timeMs - MAX_AGE_MS);
    if (!isExpired) return;
    sql.exec("DELETE FROM audit_event WHERE id = ?", oldest.id);
  }
}

interface Outermost extends Record<string, SqlStorageValue> {
  id: number;
  number: number;
  timeMs: number;
}

/** The oldest event, or the newest. */
function outermost(sql: SqlStorage, kind: Kind, order: "ASC" | "DESC"): Outermost | undefined {
  const query = `SELECT id, number, time_ms AS timeMs FROM audit_event
                 WHERE account_id IS ? AND is_refused = ? ORDER BY number ${order} LIMIT 1`;
  return sql.exec<Outermost>(query, ...kind).toArray()[0];
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
  const isOfAccount = accountId === undefined ? "" : "account_id IS ? AND";
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
