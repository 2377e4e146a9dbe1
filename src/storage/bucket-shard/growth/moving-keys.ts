import type { ShardGrowth } from "./shard-growth.ts";

// Records of events and answers of completions have no index by key, which would cost a row for each of them. While their shard gives
// keys away, those of keys that move have their key in `moving_key`, whose index is empty at all other times.

/** What a new row has in `moving_key`. */
export function movingKey(growth: ShardGrowth, key: string): string | null {
  return growth.isMoving && growth.targetOf(key) !== undefined ? key : null;
}

/** The same for the records of events that are there when the growth begins. */
export function markMovingEvents(sql: SqlStorage, growth: ShardGrowth): void {
  type Row = { target: string; id: number; key: string };
  const rows = sql.exec<Row>("SELECT target, id, key FROM outbox").toArray();
  for (const { target, id, key } of rows)
    if (growth.targetOf(key) !== undefined)
      sql.exec("UPDATE outbox SET moving_key = key WHERE target = ? AND id = ?", target, id);
}
