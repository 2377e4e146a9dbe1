import type { Origin } from "../../protocol/events/origin.ts";
import { eventListeners, type ObjectEvent } from "./events.ts";
import type { JobKind, JobTable } from "./job-table.ts";
import type { Shard } from "./shard.ts";

/** What an effect in the index needs besides its arguments. What it asks for is done in the same transaction. */
export interface Transaction extends Shard {
  readonly nowMs: number;
  /** Undefined: the shard does it by itself, or the bucket has no use for it. */
  readonly origin: Origin | undefined;
  /** Makes sure that the job runs at `dueMs` at the latest. */
  readonly schedule: (kind: JobKind, dueMs: number) => void;
  /** Says what happened to an object. */
  readonly emit: (event: ObjectEvent) => void;
}

/** Runs an effect in one transaction. */
export type Transact = <T>(effect: (transaction: Transaction) => T) => T;

/**
 * Runs an effect in the transaction that is open. Jobs are written down last, since the table remembers what it wrote:
 * an effect that throws has scheduled nothing.
 */
export function perform<T>(
  shard: Shard,
  jobs: JobTable,
  nowMs: number,
  origin: Origin | undefined,
  effect: (transaction: Transaction) => T,
): T {
  const dueMs = new Map<JobKind, number>();
  const schedule = (kind: JobKind, atMs: number): void => {
    if (jobs.runsBy(kind, atMs)) return;
    dueMs.set(kind, Math.min(atMs, dueMs.get(kind) ?? atMs));
  };
  const emit = (event: ObjectEvent): void => {
    for (const listener of eventListeners) listener(transaction, event);
  };
  const transaction: Transaction = { ...shard, nowMs, origin, schedule, emit };
  const value = effect(transaction);
  // Whoever writes may leave an orphan.
  schedule("sweep", nowMs + shard.settings.orphanAgeMs);
  for (const [kind, atMs] of dueMs) jobs.schedule(kind, atMs);
  return value;
}
