import { MOVE_LIMITS } from "./move-limits.ts";
import { presentKinds } from "./present-kinds.ts";
import type { ShardGrowth } from "./shard-growth.ts";

/** Of annotations; what counts as a row. */
const ROW_BYTES = 4096;

/** Whatever belongs to a key is in one of these, each of which has an index in the order of keys. */
function keysWhere(condition: (column: string) => string): string {
  const tables = ["object", "version", "upload"].map(
    (table) => `SELECT key FROM ${table} WHERE ${condition("key")}`,
  );
  const marked = ["completed_upload", "outbox"].map(
    (table) => `SELECT moving_key FROM ${table} WHERE ${condition("moving_key")}`,
  );
  return `${[...tables, ...marked].join(" UNION ")} ORDER BY 1`;
}

const KEYS_AFTER = keysWhere((column) => `${column} > ?1`);

const KEYS_BETWEEN = keysWhere((column) => `${column} > ?1 AND ${column} <= ?2`);

function keysAfter(sql: SqlStorage, after: string, limit: number): readonly string[] {
  const rows = sql.exec(`${KEYS_AFTER} LIMIT ?2`, after, limit).raw<[string]>();
  return Array.from(rows, ([key]) => key);
}

/**
 * The first keys that are to move next end with this one, which may itself stay; undefined: there are no more keys.
 *
 * @param limit of keys, those that stay included
 */
export function endOfRange(
  sql: SqlStorage,
  growth: ShardGrowth,
  limit: number,
): string | undefined {
  const keys = keysAfter(sql, growth.movedUpTo, limit);
  const weigh = hasHeavyKeys(sql);
  let rows = 0;
  for (const [i, key] of keys.entries()) {
    if (growth.targetOf(key) === undefined) continue;
    rows += weigh ? rowsOf(sql, key) : 1;
    // One key that is too much by itself goes alone.
    if (rows > MOVE_LIMITS.rows && i > 0) return keys[i - 1];
    if (rows > MOVE_LIMITS.rows) return key;
  }
  return keys.at(-1);
}

/** The keys up to that one that move, by the shards that they move to, in order. */
export function movingKeys(
  sql: SqlStorage,
  growth: ShardGrowth,
  upTo: string,
): ReadonlyMap<number, readonly string[]> {
  const byTarget = new Map<number, string[]>();
  // What stays may have been written since, and is in the way of what moves.
  for (const [key] of [...sql.exec(KEYS_BETWEEN, growth.movedUpTo, upTo).raw<[string]>()]) {
    const target = growth.targetOf(key);
    if (target === undefined) continue;
    const keys = byTarget.get(target);
    if (keys === undefined) byTarget.set(target, [key]);
    else keys.push(key);
  }
  return byTarget;
}

/** Whether a key may have more than one row and a body. */
function hasHeavyKeys(sql: SqlStorage): boolean {
  const { versions, uploads, annotations, events } = presentKinds(sql);
  return versions || uploads || annotations || events;
}

function rowsOf(sql: SqlStorage, key: string): number {
  return sql
    .exec<{ count: number }>(
      `SELECT 1 + (SELECT COUNT(*) FROM version WHERE key = ?1)
       + (SELECT COUNT(*) FROM part WHERE upload_id IN (SELECT upload_id FROM upload WHERE key = ?1))
       + (SELECT COUNT(*) FROM outbox WHERE moving_key = ?1)
       + (SELECT COALESCE(SUM(1 + size_bytes / ${ROW_BYTES}), 0) FROM annotation WHERE sequence IN
           (SELECT sequence FROM object WHERE key = ?1 UNION ALL SELECT sequence FROM version WHERE key = ?1)) AS count`,
      key,
    )
    .one().count;
}
