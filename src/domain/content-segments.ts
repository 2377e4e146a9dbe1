import type { BlobContent, Segment, StitchedContent } from "../protocol/object-record.ts";
import { type ByteRange, spanOf } from "../protocol/range.ts";
import { type ContentIndex, WANTS_CONTENT } from "../storage/ports/content-index.ts";

/**
 * The runs of blobs that a range of a content is made of, page after page of segments, cut to the range: their offsets
 * count from where it begins.
 *
 * @param content if it is stitched, what it was located for begins where the range does
 */
export async function* contentSegments(
  contents: ContentIndex,
  content: BlobContent | StitchedContent,
  range: ByteRange,
): AsyncGenerator<Segment, undefined> {
  const { offset, length } = range;
  if (content.kind === "blob") {
    const { blobId, sizeBytes: blobSizeBytes, sealedKey } = content;
    const blob = { blobId, blobSizeBytes, keeperId: blobId, sealedKey };
    if (length > 0) yield { ...blob, offset: 0, length, blobOffset: offset };
    return;
  }
  const { contentId, sizeBytes } = content;
  const end = offset + length;
  let next = offset;
  let page = content.located;
  while (next < end) {
    page ??= await contents.locate(contentId, sizeBytes, {
      ...WANTS_CONTENT,
      range: spanOf(next, end - 1),
    });
    const pageStart = next;
    for (const segment of page.segments) {
      const skipped = next - segment.offset;
      const taken = Math.min(segment.length - skipped, end - next);
      if (skipped < 0 || taken <= 0) break;
      const blobOffset = segment.blobOffset + skipped;
      yield { ...segment, offset: next - offset, length: taken, blobOffset };
      next += taken;
    }
    if (next === pageStart) throw new Error(`content ${contentId} has nothing at ${next}`);
    page = undefined;
  }
}
