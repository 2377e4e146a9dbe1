import type { HoldPage } from "../../ports/shard-inspection.ts";

/** Tokens of one question to another shard. */
const PAGE_HOLDS = 1000;

/** Those that nobody asks about any more: the holder is trusted to give them back. */
export function confirmedHolds(sql: SqlStorage, after: string): HoldPage {
  const query = `SELECT token, content_id FROM hold WHERE is_confirmed = 1 AND token > ?
    ORDER BY token LIMIT ?`;
  return pageOfHolds(sql, query, after);
}

export function heldContents(sql: SqlStorage, after: string): HoldPage {
  const query = `SELECT hold_token AS token, content_id FROM content
    WHERE hold_token > ? AND reference_count > 0 ORDER BY hold_token LIMIT ?`;
  return pageOfHolds(sql, query, after);
}

export function presentHolds(sql: SqlStorage, tokens: readonly string[]): readonly string[] {
  return sql
    .exec<{ token: string }>(
      "SELECT token FROM hold WHERE token IN (SELECT value FROM json_each(?))",
      JSON.stringify(tokens),
    )
    .toArray()
    .map(({ token }) => token);
}

function pageOfHolds(sql: SqlStorage, query: string, after: string): HoldPage {
  const holds = sql
    .exec<{ token: string; content_id: string }>(query, after, PAGE_HOLDS)
    .toArray()
    .map((row) => ({ token: row.token, contentId: row.content_id }));
  return { holds, next: holds.length < PAGE_HOLDS ? undefined : holds.at(-1)?.token };
}
