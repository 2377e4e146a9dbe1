import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { FigureSource } from "../ports/shard-figures.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { shardId } from "./shard-id.ts";
import { isOfMissingMethod, valueOf } from "./value-of.ts";

/** The {@link FigureSource} port over the Directory and the shards of all buckets. */
export function figureSourceClient(
  directory: DurableObjectNamespace<DirectoryObject>,
  shards: DurableObjectNamespace<BucketIndexObject>,
): FigureSource {
  return {
    listBuckets: async (prefix, after, limit) =>
      valueOf(await directory.getByName("directory").listEvery(PLAIN_STAMP, prefix, after, limit)),
    async askShard({ id }, shard) {
      try {
        return valueOf(await shards.get(shardId(shards, id, shard)).figures(PLAIN_STAMP));
      } catch (error) {
        if (isOfMissingMethod(error)) return undefined;
        throw error;
      }
    },
  };
}
