import type { BlobContent, ReferencedContent } from "../../protocol/object-record.ts";
import { addHeldReferences, addReferences, dropReferences } from "./contents.ts";
import type { Effect, Shard } from "./shard.ts";

/**
 * The sweep may have passed this new blob, or the hold of this copy, already: it may be gone at any moment, so nothing
 * may refer to it any more.
 */
export function isSwept({ state }: Shard, content: BlobContent | ReferencedContent): boolean {
  const id = content.kind === "blob" ? content.blobId : content.holdToken;
  return id !== undefined && id <= state.sweepFence;
}

/** @returns false when nothing refers to the copied content any more */
export function refer(
  { sql, onReleasedHold }: Effect,
  { contentId, holdToken }: ReferencedContent,
  count: number,
): boolean {
  if (holdToken === undefined) return addReferences(sql, contentId, count);
  if (addHeldReferences(sql, contentId, holdToken, count)) onReleasedHold();
  return true;
}

export function unrefer({ sql, garbageDueMs, onGarbage }: Effect, contentId: string): void {
  dropReferences(sql, contentId, garbageDueMs);
  onGarbage();
}
