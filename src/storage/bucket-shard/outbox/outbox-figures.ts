import { MOST_COUNTED } from "../../ports/shard-figures.ts";
import { waitingTargets } from "./outbox.ts";

/** Records that wait for their targets, at most {@link MOST_COUNTED}. */
export function outboxPending(sql: SqlStorage): number {
  const query = `SELECT COUNT(*) AS count FROM (SELECT 1 FROM outbox LIMIT ${MOST_COUNTED})`;
  return sql.exec<{ count: number }>(query).one().count;
}

/** How long the oldest of them has waited; of each target the first is the oldest. */
export function outboxOldestMs(sql: SqlStorage, nowMs: number): number {
  const query = "SELECT emitted_ms FROM outbox WHERE target = ? ORDER BY id LIMIT 1";
  const oldest = waitingTargets(sql).map(
    (target) => sql.exec<{ emitted_ms: number }>(query, target).one().emitted_ms,
  );
  return Math.max(0, nowMs - Math.min(nowMs, ...oldest));
}

/** Records that were given up, of which a shard keeps a thousand. */
export function deadLetters(sql: SqlStorage): number {
  return sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM dead_letter").one().count;
}
