import type { Transaction } from "../transaction.ts";
import { addContent, addReferences, dropReferences } from "./contents.ts";

/**
 * What other shards' copies keep alive here. Each hold is a reference, and has a token that the other shard made:
 * `<bucket id>/<shard>/<ulid>`. A copy that came to nothing may leave one behind: see `checkHolds` in `jobs/hold-jobs.ts`.
 */

/** Called again with the same token, it takes no second hold. @returns false when nothing refers to the content any more */
export function takeHold(
  { sql, nowMs, settings, schedule }: Transaction,
  contentId: string,
  token: string,
): boolean {
  schedule("holds", nowMs + settings.orphanAgeMs);
  if (sql.exec("SELECT 1 FROM hold WHERE token = ?", token).toArray().length > 0) return true;
  if (!addReferences(sql, contentId, 1)) return false;
  sql.exec("INSERT INTO hold (token, content_id, is_confirmed) VALUES (?, ?, 0)", token, contentId);
  return true;
}

export interface WantedHold {
  readonly contentId: string;
  readonly token: string;
}

/** @returns the contents that nothing refers to any more */
export function takeHolds(
  transaction: Transaction,
  wanted: readonly WantedHold[],
): readonly string[] {
  const refused = wanted.filter(({ contentId, token }) => !takeHold(transaction, contentId, token));
  return refused.map(({ contentId }) => contentId);
}

/**
 * A blob of this shard that no row refers to yet, for a row in another shard.
 *
 * @returns false when the sweep may have passed it, so that it may be gone at any moment
 */
export function adoptBlob(transaction: Transaction, blobId: string, token: string): boolean {
  const { sql, state } = transaction;
  const isKnown = sql.exec("SELECT 1 FROM content WHERE content_id = ?", blobId).toArray().length;
  if (isKnown > 0) return takeHold(transaction, blobId, token);
  if (!state.isHome(blobId) || blobId <= state.sweepFence) return false;
  addContent(sql, blobId);
  const isHeld = takeHold(transaction, blobId, token);
  // From now on only the hold refers to it.
  dropReferences(transaction, blobId);
  return isHeld;
}

/** Gives holds back; those that are not known were given back before. */
export function dropHolds(transaction: Transaction, tokens: readonly string[]): void {
  for (const token of tokens) {
    const [hold] = transaction.sql
      .exec<{ content_id: string }>("DELETE FROM hold WHERE token = ? RETURNING content_id", token)
      .toArray();
    if (hold !== undefined) dropReferences(transaction, hold.content_id);
  }
}

/** Holds that nobody has confirmed yet, in order of token, after `after`. */
export function unconfirmedHolds(sql: SqlStorage, after: string, limit: number): readonly string[] {
  return sql
    .exec<{ token: string }>(
      "SELECT token FROM hold WHERE is_confirmed = 0 AND token > ? ORDER BY token LIMIT ?",
      after,
      limit,
    )
    .toArray()
    .map((row) => row.token);
}

/** Their copies were committed: from now on the other shard is trusted to give them back. */
export function confirmHolds(sql: SqlStorage, tokens: readonly string[]): void {
  sql.exec(
    "UPDATE hold SET is_confirmed = 1 WHERE token IN (SELECT value FROM json_each(?))",
    JSON.stringify(tokens),
  );
}

/** The other shard is asked again, and what it does not know is dropped. @returns those that are there */
export function doubtHolds(
  { sql, nowMs, schedule }: Transaction,
  tokens: readonly string[],
): readonly string[] {
  const doubted = sql
    .exec<{ token: string }>(
      "UPDATE hold SET is_confirmed = 0 WHERE token IN (SELECT value FROM json_each(?)) RETURNING token",
      JSON.stringify(tokens),
    )
    .toArray()
    .map(({ token }) => token);
  if (doubted.length > 0) schedule("holds", nowMs);
  return doubted;
}

/** The other side: which of these holds this shard has, or is about to give back. */
export function knownHolds(sql: SqlStorage, tokens: readonly string[]): readonly string[] {
  return sql
    .exec<{ value: string }>(
      `SELECT value FROM json_each(?)
       WHERE EXISTS (SELECT 1 FROM content WHERE hold_token = value)
       OR EXISTS (SELECT 1 FROM released_hold WHERE token = value)`,
      JSON.stringify(tokens),
    )
    .toArray()
    .map((row) => row.value);
}

export interface ReleasedHold {
  readonly token: string;
  readonly contentId: string;
}

/** Holds on their way back, at most `limit`. */
export function releasedHolds(sql: SqlStorage, limit: number): readonly ReleasedHold[] {
  return sql
    .exec<{ token: string; content_id: string }>("SELECT * FROM released_hold LIMIT ?", limit)
    .toArray()
    .map((row) => ({ token: row.token, contentId: row.content_id }));
}

export function forgetReleasedHolds(sql: SqlStorage, tokens: readonly string[]): void {
  sql.exec(
    "DELETE FROM released_hold WHERE token IN (SELECT value FROM json_each(?))",
    JSON.stringify(tokens),
  );
}
