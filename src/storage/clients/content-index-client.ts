import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { ContentIndex } from "../ports/content-index.ts";

/** The {@link ContentIndex} port over the Durable Objects that are the shards of all buckets. */
export function contentIndexClient(
  namespace: DurableObjectNamespace<BucketIndexObject>,
): ContentIndex {
  const homeOf = (contentId: string) =>
    namespace.getByName(contentId.slice(0, contentId.lastIndexOf("/")));
  return {
    locate: async (contentId, sizeBytes, wanted) =>
      homeOf(contentId).locate(contentId, sizeBytes, wanted),
    listParts: async (contentId, after, limit) =>
      homeOf(contentId).listContentParts(contentId, after, limit),
    hold: async (contentId, token) => homeOf(contentId).takeHold(contentId, token),
    release: async (contentId, token) => homeOf(contentId).releaseHolds([token]),
  };
}
