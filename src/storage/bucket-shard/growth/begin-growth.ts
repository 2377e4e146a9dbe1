import type { Growth, MovePosition } from "../../wire/growth.ts";
import type { Transaction } from "../transaction.ts";
import { markMovingEvents } from "./moving-keys.ts";

/** Numbers that a shard gives to writes while it gives keys away: never so many. */
const SEQUENCES_OF_GROWTH = 2 ** 44;

/** The bucket grows: what this shard gives away, its job moves; what it gets comes by itself. */
export function beginGrowth(transaction: Transaction, growth: Growth): void {
  const { sql, growth: known, nowMs, schedule } = transaction;
  if (!known.begin(growth) || !known.isSource) return;
  markMovingEvents(sql, known);
  schedule("growth", nowMs);
}

/**
 * The same for a shard that gets keys. It counts its own writes far behind the sender's: what it writes is later than all that it gets,
 * and has no number that a row has which it is still going to get.
 *
 * @param nextSequence of the sender @returns what has arrived
 */
export function expectKeys(
  transaction: Transaction,
  growth: Growth,
  nextSequence: number,
): MovePosition | null {
  const { state, growth: known } = transaction;
  beginGrowth(transaction, growth);
  if (state.nextSequence <= nextSequence + SEQUENCES_OF_GROWTH / 2)
    state.skipSequences(nextSequence + SEQUENCES_OF_GROWTH);
  return known.arrived;
}
