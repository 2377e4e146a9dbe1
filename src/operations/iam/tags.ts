import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { TagSet } from "../../protocol/tag-set.ts";

/**
 * Tags that an entity is to have.
 *
 * @throws QueryError InvalidInput when two have the same key, whatever its case
 */
export function newTags(tags: readonly { readonly Key: string; readonly Value: string }[]): TagSet {
  const keys = new Set(tags.map(({ Key: key }) => key.toLowerCase()));
  if (keys.size < tags.length)
    throw new QueryError("InvalidInput", {
      message: "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    });
  return tags.map(({ Key: key, Value: value }) => ({ key, value }));
}
