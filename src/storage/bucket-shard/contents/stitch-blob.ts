import { ulid } from "../../../lib/ulid.ts";
import type { BlobContent } from "../../../protocol/object-record.ts";
import type { Transaction } from "../transaction.ts";
import { addContent, addReferences } from "./contents.ts";
import { insertCopiedSegments } from "./segments.ts";

/**
 * Makes a content of parts of a blob that has all of their bytes, and one reference already.
 *
 * @returns its id
 */
export function stitchBlob(
  { sql, state, nowMs }: Transaction,
  { blobId, sizeBytes, sealedKey }: BlobContent,
  partSizes: readonly number[],
): string {
  const contentId = `${state.name}/${ulid(nowMs)}`;
  addContent(sql, contentId);
  addReferences(sql, blobId, partSizes.length - 1);
  let offset = 0;
  for (const [i, length] of partSizes.entries()) {
    const segment = { offset, length, blobId, blobOffset: offset, blobSizeBytes: sizeBytes };
    const sealed = sealedKey === undefined ? {} : { sealedKey };
    const segments = [{ ...segment, keeperId: blobId, ...sealed }];
    insertCopiedSegments(sql, contentId, i + 1, segments, blobId);
    offset += length;
  }
  return contentId;
}
