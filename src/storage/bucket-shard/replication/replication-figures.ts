import { REPLICATION_TARGET } from "../../../protocol/replication/replication-rules.ts";
import { MOST_COUNTED } from "../../ports/shard-figures.ts";
import { outboxOldestMs, outboxPending } from "../outbox/outbox-figures.ts";
import { waitingTargets } from "../outbox/outbox.ts";

/** Targets of the outbox that are destinations; "0" follows "/". */
const OF_DESTINATIONS = `target >= '${REPLICATION_TARGET}' AND target < '${REPLICATION_TARGET.slice(0, -1)}0'`;
const WAITING = `FROM (SELECT record FROM outbox WHERE ${OF_DESTINATIONS} LIMIT ${MOST_COUNTED})`;

function number(sql: SqlStorage, query: string): number {
  return sql.exec<{ value: number | null }>(`SELECT ${query}`).one().value ?? 0;
}

/** Versions and changes that wait for their destinations, as far as {@link outboxPending} counts them. */
export function replicationPending(sql: SqlStorage): number {
  return outboxPending(sql, destinations(sql));
}

/** Bytes of those versions, at most of the first {@link MOST_COUNTED}. */
export function replicationPendingBytes(sql: SqlStorage): number {
  return number(sql, `SUM(record ->> '$.sizeBytes') AS value ${WAITING}`);
}

/** How long the oldest of them has waited. */
export function replicationOldestMs(sql: SqlStorage, nowMs: number): number {
  return outboxOldestMs(sql, nowMs, destinations(sql));
}

function destinations(sql: SqlStorage): string[] {
  return waitingTargets(sql).filter((target) => target.startsWith(REPLICATION_TARGET));
}

/** Versions that were given up since the bucket was made. */
export function replicationFailed(sql: SqlStorage): number {
  return number(sql, "SUM(failed_count) AS value FROM replication_target");
}
