import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { ContentIndex } from "../ports/content-index.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";

/** The {@link ContentIndex} port over the Durable Objects that are the shards of all buckets. */
export function contentIndexClient(
  namespace: DurableObjectNamespace<BucketIndexObject>,
): ContentIndex {
  const homeOf = (contentId: string) =>
    namespace.getByName(contentId.slice(0, contentId.lastIndexOf("/")));
  return {
    locate: async (contentId, sizeBytes, wanted) =>
      valueOf(await homeOf(contentId).locate(PLAIN_STAMP, contentId, sizeBytes, wanted)),
    listParts: async (contentId, after, limit) =>
      valueOf(await homeOf(contentId).listContentParts(PLAIN_STAMP, contentId, after, limit)),
    hold: async (contentId, token) =>
      valueOf(await homeOf(contentId).takeHold(PLAIN_STAMP, contentId, token)),
    release: async (contentId, token) =>
      valueOf(await homeOf(contentId).releaseHolds(PLAIN_STAMP, [token])),
  };
}
