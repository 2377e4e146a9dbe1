import { PAGE_FINDINGS, pageOf, type ShardCheck } from "./shard-check.ts";

export const outboxRecords: ShardCheck = {
  name: "outbox-records",
  means: "an event that waits for its target cannot be read, and holds up those behind it",
  repair: "deletes it",
  find({ sql }, after) {
    const rows = sql.exec<{ id: number; target: string }>(
      `SELECT id, target FROM outbox WHERE NOT json_valid(record) AND id > ? ORDER BY id LIMIT ?`,
      Number(after),
      PAGE_FINDINGS,
    );
    const findings = rows
      .toArray()
      .map(({ id, target }) => ({ subject: String(id), detail: `is no JSON, for ${target}` }));
    return pageOf(findings, undefined);
  },
  mend({ sql }, subjects) {
    sql.exec("DELETE FROM outbox_backlog");
    const deleted = sql.exec<{ id: number }>(
      `DELETE FROM outbox WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))
       AND NOT json_valid(record) RETURNING id`,
      JSON.stringify(subjects),
    );
    return deleted.toArray().map(({ id }) => String(id));
  },
};

export const lifecycleScan: ShardCheck = {
  name: "lifecycle-scan",
  means: "the scan by lifecycle rules does not know where to go on, and fails each time",
  repair: "lets it begin anew",
  find({ sql }) {
    const rows = sql.exec("SELECT 1 FROM lifecycle_scan WHERE NOT json_valid(cursor)").toArray();
    return { findings: rows.map(() => ({ subject: "cursor", detail: "its cursor is no JSON" })) };
  },
  mend({ sql }, subjects) {
    const { rowsWritten } = sql.exec("DELETE FROM lifecycle_scan WHERE NOT json_valid(cursor)");
    return rowsWritten > 0 ? subjects : [];
  },
};
