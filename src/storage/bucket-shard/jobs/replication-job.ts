import { circuitOf } from "../outbox/circuits.ts";
import { type ScanOutcome, scanForReplication } from "../replication/replication-scan.ts";
import { scannedTargets, scanOf } from "../replication/target-state.ts";
import type { Shard } from "../shard.ts";
import type { Transact } from "../transaction.ts";
import { tellOfJob } from "./job-log.ts";

const ENDED: ScanOutcome = { outcome: "ended", found: 0 };
/** Until the next slice, so that requests come in between. */
const PAUSE_MS = 100;
/** Until it is looked again whether the outbox has less. */
const PATIENCE_MS = 1000;
/** The same of a shard that is full, which takes long to change. */
const FULL_PATIENCE_MS = 60_000;

/** One slice of each scan for what a destination lacks, each in one transaction. */
export function scanReplication(
  { sql, state }: Shard,
  nowMs: number,
  transact: Transact,
): number | undefined {
  if (state.seal !== undefined) return undefined;
  const againMs = scannedTargets(sql).flatMap((target) => {
    const scanned = transact((transaction) => {
      const scan = scanOf(sql, target);
      return scan === undefined ? ENDED : scanForReplication(transaction, target, scan);
    });
    const { outcome, found } = scanned;
    tellOfJob(state.name, "replication", "done", { target, found });
    if (outcome === "ended") return [];
    if (outcome === "goes on") return [nowMs + PAUSE_MS];
    if (outcome === "full") return [nowMs + FULL_PATIENCE_MS];
    return [Math.max(nowMs + PATIENCE_MS, circuitOf(sql, target).dueMs)];
  });
  return againMs.length === 0 ? undefined : Math.min(...againMs);
}
