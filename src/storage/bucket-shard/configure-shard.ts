import type { ShardPart } from "../ports/bucket-directory.ts";
import type { Transaction } from "./transaction.ts";

/**
 * The bucket is configured so. What is older than the shard knows is ignored.
 *
 * @param gatewayRevision of what gateways decide with: requests that were decided under an older one are refused from now on
 * @param part undefined: as the shard knows it
 */
export function configureShard(
  { configuration, cache }: Transaction,
  gatewayRevision: number,
  part: ShardPart | undefined,
): void {
  configuration.hearOfGatewayPart(gatewayRevision);
  // A record in memory knows which version id is shown of it.
  if (part !== undefined && configuration.takeShardPart(part)) cache.clear();
}
