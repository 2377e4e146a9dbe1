import { OutboxJob } from "../../src/storage/bucket-shard/jobs/outbox-job.ts";
import type { TargetKinds } from "../../src/storage/bucket-shard/outbox/target-kind.ts";
import { ShardState } from "../../src/storage/bucket-shard/shard-state.ts";
import type { Transact, Transaction } from "../../src/storage/bucket-shard/transaction.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The job of a shard's outbox with other targets than it has. @param sql of its storage, perhaps counted @param limit of what may wait */
export function outboxJob(
  storage: DurableObjectStorage,
  kinds: TargetKinds,
  lingerMs: number,
  sql = storage.sql,
  limit = 10,
): OutboxJob {
  const state = new ShardState(storage.sql, undefined);
  const transact: Transact = (effect) =>
    storage.transactionSync(() =>
      effect({ sql, state, schedule: () => undefined } as unknown as Transaction),
    );
  const terms = { retryMs: DAY_MS, probeMs: MINUTE_MS, limit };
  return new OutboxJob({ sql, state, transact, kinds, ...terms }, () => undefined, lingerMs);
}
