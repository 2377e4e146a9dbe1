import type { BlobContent, ReferencedContent } from "../../../protocol/object-record.ts";
import type { Shard } from "../shard.ts";
import type { Transaction } from "../transaction.ts";
import { addHeldReferences, addReferences } from "./contents.ts";

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
  transaction: Transaction,
  { contentId, holdToken }: ReferencedContent,
  count: number,
): boolean {
  if (holdToken === undefined) return addReferences(transaction.sql, contentId, count);
  addHeldReferences(transaction, contentId, holdToken, count);
  return true;
}
