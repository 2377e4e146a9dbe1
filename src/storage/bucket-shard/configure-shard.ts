import type { ShardPart } from "../ports/bucket-directory.ts";
import { restartLifecycle } from "./lifecycle/next-scan.ts";
import { restartReplication } from "./replication/restart-replication.ts";
import type { Growth } from "../wire/growth.ts";
import { beginGrowth } from "./growth/begin-growth.ts";
import type { Transaction } from "./transaction.ts";

/** What shards decide with, or that it is as they know it; and that the bucket grows, if it does. */
export type Told = [part: ShardPart | undefined, growth?: Growth | undefined];

/**
 * The bucket is configured so. What is older than the shard knows is ignored.
 *
 * @param gatewayRevision of what gateways decide with: requests that were decided under an older one are refused from now on
 */
export function configureShard(
  transaction: Transaction,
  gatewayRevision: number,
  ...[part, growth]: Told
): void {
  if (growth !== undefined) beginGrowth(transaction, growth);
  const { configuration, cache } = transaction;
  const { lifecycle, replication } = configuration;
  configuration.hearOfGatewayPart(gatewayRevision);
  const hadInventories = configuration.inventories.size > 0;
  if (part === undefined || !configuration.takeShardPart(part)) return;
  // Of a bucket's shards the first makes its reports.
  const isFirst = transaction.state.name.endsWith("/0");
  if (isFirst && (hadInventories || configuration.inventories.size > 0))
    transaction.schedule("inventory", transaction.nowMs);
  // A record in memory knows which version id is shown of it.
  cache.clear();
  if ((lifecycle ?? configuration.lifecycle) !== undefined)
    restartLifecycle(transaction, lifecycle?.abortsUploads === true);
  restartReplication(transaction, replication);
}
