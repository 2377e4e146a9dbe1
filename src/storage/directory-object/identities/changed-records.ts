import type { Call } from "./call.ts";

/** Gateways forget so many by name, and all that they remember when there are more. */
const MAX_NAMED = 100;

/**
 * The access keys and the unique ids whose records a call has changed: of users their own and those of their keys, of groups
 * those of their members. An access key is itself.
 */
export function changedRecords({ sql, changed }: Call): readonly string[] | "many" {
  const records = new Set<string>();
  for (const id of changed) {
    const users = [
      id,
      ...columnOf(sql, "SELECT user_id AS id FROM group_member WHERE group_id = ?", id),
    ];
    for (const user of users) {
      records.add(user);
      for (const key of columnOf(sql, "SELECT id FROM access_key WHERE user_id = ?", user))
        records.add(key);
    }
    if (records.size > MAX_NAMED) return "many";
  }
  return [...records];
}

function columnOf(sql: SqlStorage, query: string, parameter: string): string[] {
  return sql
    .exec<{ id: string }>(query, parameter)
    .toArray()
    .map(({ id }) => id);
}
