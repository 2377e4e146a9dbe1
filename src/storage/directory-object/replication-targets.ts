import type { AuditEntry } from "../ports/audit-log.ts";
import type { SealedTarget } from "../ports/target-directory.ts";
import { recordEvent } from "./audit.ts";

/** All of them are listed in one answer. */
const MAX_TARGETS = 1000;

interface TargetRow extends Record<string, SqlStorageValue> {
  id: string;
  modified_ms: number;
  sealed: ArrayBuffer;
}

export function findTarget(sql: SqlStorage, id: string): SealedTarget | undefined {
  const query = "SELECT * FROM replication_target WHERE id = ?";
  const row = sql.exec<TargetRow>(query, id).toArray()[0];
  return row && targetOf(row);
}

export function listTargets(sql: SqlStorage): readonly SealedTarget[] {
  const query = "SELECT * FROM replication_target ORDER BY id LIMIT ?";
  return sql.exec<TargetRow>(query, MAX_TARGETS).toArray().map(targetOf);
}

export function putTarget(
  sql: SqlStorage,
  id: string,
  sealed: Uint8Array,
  audit?: AuditEntry,
): "done" | "full" {
  const { count } = sql
    .exec<{ count: number }>("SELECT count(*) AS count FROM replication_target WHERE id <> ?", id)
    .one();
  if (count >= MAX_TARGETS) return "full";
  sql.exec(
    `INSERT INTO replication_target (id, modified_ms, sealed) VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET modified_ms = excluded.modified_ms, sealed = excluded.sealed`,
    id,
    Date.now(),
    sealed,
  );
  if (audit !== undefined) recordEvent(sql, audit);
  return "done";
}

export function deleteTarget(sql: SqlStorage, id: string, audit?: AuditEntry): "done" | "missing" {
  if (findTarget(sql, id) === undefined) return "missing";
  sql.exec("DELETE FROM replication_target WHERE id = ?", id);
  if (audit !== undefined) recordEvent(sql, audit);
  return "done";
}

function targetOf({ id, modified_ms: modifiedMs, sealed }: TargetRow): SealedTarget {
  return { id, modifiedMs, sealed: Buffer.from(sealed).toString("base64") };
}
