import type { Transaction } from "../transaction.ts";

/**
 * Which versions a scan looks for, each word those of the one before, too: what was to be replicated and is not in the outbox; what was
 * there before the rules were; what was given up.
 */
export const SCANNED = ["pending", "existing", "failed"] as const;
export type Scanned = (typeof SCANNED)[number];

/** How far a scan for one destination has come. */
export interface ReplicationScan {
  readonly wanted: Scanned;
  /** Behind this version; empty and 0: before the first. */
  readonly key: string;
  readonly sequence: number;
}

/** A scan begins, or begins anew; of one that is under way it looks for what that does, too. */
export function scanAgain(transaction: Transaction, target: string, wanted: Scanned): void {
  const { sql, nowMs, schedule } = transaction;
  const before = scanOf(sql, target)?.wanted ?? "pending";
  const more = SCANNED.indexOf(before) > SCANNED.indexOf(wanted) ? before : wanted;
  keepScan(sql, target, { wanted: more, key: "", sequence: 0 });
  schedule("replication", nowMs);
}

export function scanOf(sql: SqlStorage, target: string): ReplicationScan | undefined {
  const query = "SELECT scan FROM replication_target WHERE target = ?";
  const [row] = sql.exec<{ scan: string | null }>(query, target).toArray();
  const scan = row?.scan ?? undefined;
  return scan === undefined ? undefined : (JSON.parse(scan) as ReplicationScan);
}

/** The destinations for which a scan is under way. */
export function scannedTargets(sql: SqlStorage): readonly string[] {
  return sql
    .exec<{ target: string }>("SELECT target FROM replication_target WHERE scan IS NOT NULL")
    .toArray()
    .map(({ target }) => target);
}

/** @param scan undefined: it has ended */
export function keepScan(sql: SqlStorage, target: string, scan: ReplicationScan | undefined): void {
  sql.exec(
    `INSERT INTO replication_target (target, failed_count, scan) VALUES (?1, 0, ?2)
     ON CONFLICT DO UPDATE SET scan = ?2`,
    target,
    scan === undefined ? null : JSON.stringify(scan),
  );
}

/** Versions that were given up. */
export function countFailures(sql: SqlStorage, target: string, count: number): void {
  sql.exec(
    `INSERT INTO replication_target (target, failed_count) VALUES (?1, ?2)
     ON CONFLICT DO UPDATE SET failed_count = failed_count + ?2`,
    target,
    count,
  );
}
