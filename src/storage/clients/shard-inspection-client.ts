import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type {
  ShardInspection,
  ShardInspectionCalls,
  ShardRepairCalls,
} from "../ports/shard-inspection.ts";
import { PLAIN_STAMP, type PlainAnswer } from "../wire/protocol.ts";
import { ofEarlierCode, valueOf } from "./value-of.ts";

/** The {@link ShardInspection} port over the Durable Objects that are the shards of all buckets. */
export function shardInspectionClient(
  namespace: DurableObjectNamespace<BucketIndexObject>,
): ShardInspection {
  return {
    async inspect(shardName, name, ...args) {
      type Value = ReturnType<ShardInspectionCalls[typeof name]>;
      const answer = await namespace
        .getByName(shardName)
        .inspect(PLAIN_STAMP, name, args)
        .catch(ofEarlierCode);
      return valueOf(answer as PlainAnswer<Value>);
    },
    async repair(shardName, name, ...args) {
      type Value = ReturnType<ShardRepairCalls[typeof name]>;
      const answer = await namespace
        .getByName(shardName)
        .repair(PLAIN_STAMP, name, args)
        .catch(ofEarlierCode);
      return valueOf(answer as PlainAnswer<Value>);
    },
  };
}
