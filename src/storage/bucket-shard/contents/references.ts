import type { BlobContent, ReferencedContent } from "../../../protocol/object-record.ts";
import type { Shard } from "../shard.ts";
import type { Transaction } from "../transaction.ts";
import { addContent, addHeldReferences, addReferences } from "./contents.ts";

/**
 * The sweep may have passed this new blob, or the hold of this copy, already: it may be gone at any moment, so nothing
 * may refer to it any more. Nor to a blob that another shard's sweep looks at, and that is not held.
 */
export function isSwept({ state }: Shard, content: BlobContent | ReferencedContent): boolean {
  const { holdToken } = content;
  const id = content.kind === "blob" ? (holdToken ?? content.blobId) : holdToken;
  if (id === undefined) return false;
  if (!state.isHome(id)) return content.kind === "blob";
  return id <= state.sweepFence;
}

/** A blob that was just written gets its first reference in this shard. */
export function addBlob(transaction: Transaction, { blobId, holdToken }: BlobContent): void {
  if (holdToken === undefined) addContent(transaction.sql, blobId);
  else addHeldReferences(transaction, blobId, holdToken, 1);
}

/** @returns false when nothing refers to the copied content any more, or when it is held for another shard than this one */
export function refer(
  transaction: Transaction,
  { contentId, holdToken }: ReferencedContent,
  count: number,
): boolean {
  if (holdToken === undefined) return addReferences(transaction.sql, contentId, count);
  if (!transaction.state.isHome(holdToken)) return false;
  addHeldReferences(transaction, contentId, holdToken, count);
  return true;
}
