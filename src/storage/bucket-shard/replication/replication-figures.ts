import { REPLICATION_TARGET } from "../../../protocol/replication/replication-rules.ts";
import { MOST_COUNTED } from "../../ports/shard-figures.ts";

/** Targets of the outbox that are destinations; "0" follows "/". */
const OF_DESTINATIONS = `target >= '${REPLICATION_TARGET}' AND target < '${REPLICATION_TARGET.slice(0, -1)}0'`;
const WAITING = `FROM (SELECT emitted_ms, record FROM outbox WHERE ${OF_DESTINATIONS} LIMIT ${MOST_COUNTED})`;

function number(sql: SqlStorage, query: string): number {
  return sql.exec<{ value: number | null }>(`SELECT ${query}`).one().value ?? 0;
}

/** Versions and changes that wait for their destinations, at most {@link MOST_COUNTED}. */
export function replicationPending(sql: SqlStorage): number {
  return number(sql, `COUNT(*) AS value ${WAITING}`);
}

/** Bytes of those versions. */
export function replicationPendingBytes(sql: SqlStorage): number {
  return number(sql, `SUM(record ->> '$.sizeBytes') AS value ${WAITING}`);
}

/** How long the oldest of them has waited. */
export function replicationOldestMs(sql: SqlStorage, nowMs: number): number {
  return Math.max(0, nowMs - (number(sql, `MIN(emitted_ms) AS value ${WAITING}`) || nowMs));
}

/** Versions that were given up since the bucket was made. */
export function replicationFailed(sql: SqlStorage): number {
  return number(sql, "SUM(failed_count) AS value FROM replication_target");
}
