import type { ShardPart } from "../ports/bucket-directory.ts";
import { restartLifecycle } from "./lifecycle/next-scan.ts";
import { restartReplication } from "./replication/restart-replication.ts";
import type { Transaction } from "./transaction.ts";

/**
 * The bucket is configured so. What is older than the shard knows is ignored.
 *
 * @param gatewayRevision of what gateways decide with: requests that were decided under an older one are refused from now on
 * @param part undefined: as the shard knows it
 */
export function configureShard(
  transaction: Transaction,
  gatewayRevision: number,
  part: ShardPart | undefined,
): void {
  const { configuration, cache } = transaction;
  const { lifecycle, replication } = configuration;
  configuration.hearOfGatewayPart(gatewayRevision);
  if (part === undefined || !configuration.takeShardPart(part)) return;
  // A record in memory knows which version id is shown of it.
  cache.clear();
  if ((lifecycle ?? configuration.lifecycle) !== undefined)
    restartLifecycle(transaction, lifecycle?.abortsUploads === true);
  restartReplication(transaction, replication);
}
