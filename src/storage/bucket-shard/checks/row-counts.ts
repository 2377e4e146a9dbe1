import { countAll } from "../counts/count-rows.ts";
import { readCounts } from "../counts/row-counts.ts";
import type { ShardCheck } from "./shard-check.ts";

/** What is written down while a shard rests; looked at only where something is. It takes a second for a million versions. */
export const rowCounts: ShardCheck = {
  name: "row-counts",
  means:
    "the shard says that it has more or fewer objects, versions, uploads, or bytes than it has",
  repair: "has them counted anew",
  find({ sql }) {
    const detail = wrongCounts(sql);
    return { findings: detail === undefined ? [] : [{ subject: "counts", detail }] };
  },
  mend({ sql, counts }, subjects) {
    if (wrongCounts(sql) === undefined) return [];
    sql.exec("DELETE FROM row_counts");
    counts.forget();
    return subjects;
  },
};

function wrongCounts(sql: SqlStorage): string | undefined {
  const query = "SELECT counts FROM row_counts";
  const [saved] = sql.exec<{ counts: string }>(query).toArray();
  if (saved === undefined) return undefined;
  // Older code did not count all of it: it counts for nothing.
  if (readCounts(saved.counts) === undefined) return undefined;
  const counted = JSON.stringify(countAll(sql));
  return saved.counts === counted ? undefined : `it says ${saved.counts}, and has ${counted}`;
}
