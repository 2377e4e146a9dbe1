import type { JobKind } from "../job-table.ts";
import type { ShardCheck } from "./shard-check.ts";

/** What waits for a job. */
const WAITING: readonly (readonly [kind: JobKind, query: string])[] = [
  ["garbage", "SELECT 1 FROM content WHERE garbage_due_ms IS NOT NULL LIMIT 1"],
  ["released-holds", "SELECT 1 FROM released_hold LIMIT 1"],
  ["holds", "SELECT 1 FROM hold WHERE is_confirmed = 0 LIMIT 1"],
  ["outbox", "SELECT 1 FROM outbox LIMIT 1"],
  ["completions", "SELECT 1 FROM completed_upload LIMIT 1"],
];

export const unscheduledJobs: ShardCheck = {
  name: "unscheduled-jobs",
  means: "something waits for a job that is not going to run",
  repair: "schedules it",
  find({ sql }) {
    return {
      findings: unscheduled(sql).map((subject) => ({
        subject,
        detail: "its job is not scheduled",
      })),
    };
  },
  mend({ sql, schedule, nowMs }, subjects) {
    const kinds = unscheduled(sql).filter((kind) => subjects.includes(kind));
    for (const kind of kinds) schedule(kind, nowMs);
    return kinds;
  },
};

function unscheduled(sql: SqlStorage): readonly JobKind[] {
  const scheduled = new Set(
    sql
      .exec<{ kind: string }>("SELECT kind FROM job")
      .toArray()
      .map(({ kind }) => kind),
  );
  return WAITING.filter(
    ([kind, query]) => !scheduled.has(kind) && sql.exec(query).toArray().length > 0,
  ).map(([kind]) => kind);
}
