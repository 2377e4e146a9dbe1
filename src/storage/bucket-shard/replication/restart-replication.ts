import type { ReplicationRules } from "../../../protocol/replication/replication-rules.ts";
import type { Transaction } from "../transaction.ts";
import { scanAgain } from "./target-state.ts";

/** The bucket has other rules: what was there before them goes to the destinations that are to get it from now on. */
export function restartReplication(
  transaction: Transaction,
  before: ReplicationRules | undefined,
): void {
  const { replication } = transaction.configuration;
  for (const target of replication?.targets ?? [])
    if (replication?.replicatesExisting(target) === true && !before?.replicatesExisting(target))
      scanAgain(transaction, target, "existing");
}

/** What was given up goes once more to all destinations, and what their rules say that was there before. @returns how many they are */
export function resync(transaction: Transaction): number {
  const { targets = [] } = transaction.configuration.replication ?? {};
  for (const target of targets) scanAgain(transaction, target, "failed");
  return targets.length;
}
