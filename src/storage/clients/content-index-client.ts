import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { ContentIndex } from "../ports/content-index.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";
import { homeOf } from "../wire/shard-name.ts";

/** The {@link ContentIndex} port over the Durable Objects that are the shards of all buckets. */
export function contentIndexClient(
  namespace: DurableObjectNamespace<BucketIndexObject>,
): ContentIndex {
  const home = (contentId: string) => namespace.getByName(homeOf(contentId));
  return {
    locate: async (contentId, sizeBytes, wanted) =>
      valueOf(await home(contentId).locate(PLAIN_STAMP, contentId, sizeBytes, wanted)),
    listParts: async (contentId, after, limit) =>
      valueOf(await home(contentId).listContentParts(PLAIN_STAMP, contentId, after, limit)),
    hold: async (contentId, token) =>
      valueOf(await home(contentId).takeHold(PLAIN_STAMP, contentId, token)),
    release: async (contentId, token) =>
      valueOf(await home(contentId).releaseHolds(PLAIN_STAMP, [token])),
  };
}
