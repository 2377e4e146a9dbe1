import { MOST_COUNTED } from "../../ports/shard-figures.ts";
import { backlogOf, countOn } from "./backlog.ts";
import { waitingTargets } from "./outbox.ts";

/** Records that wait for their targets: as many as are kept account of, and at most {@link MOST_COUNTED} that came since. */
export function outboxPending(sql: SqlStorage, targets = waitingTargets(sql)): number {
  const counts = targets.map(
    (target) => countOn(sql, target, backlogOf(sql, target), MOST_COUNTED).backlog.count,
  );
  return counts.reduce((a, b) => a + b, 0);
}

/** How long the oldest of them has waited; of each target the first is the oldest. */
export function outboxOldestMs(
  sql: SqlStorage,
  nowMs: number,
  targets = waitingTargets(sql),
): number {
  const query = "SELECT emitted_ms FROM outbox WHERE target = ? ORDER BY id LIMIT 1";
  const oldest = targets.map(
    (target) => sql.exec<{ emitted_ms: number }>(query, target).one().emitted_ms,
  );
  return Math.max(0, nowMs - Math.min(nowMs, ...oldest));
}

/** Records that were given up, of which a shard keeps a thousand. */
export function deadLetters(sql: SqlStorage): number {
  return sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM dead_letter").one().count;
}
