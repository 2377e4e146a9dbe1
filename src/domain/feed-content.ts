import type { Content } from "../protocol/object-record.ts";
import type { ByteRange } from "../protocol/range.ts";
import type { Digester } from "./body/digester.ts";
import { type ContentStores, openContent } from "./open-content.ts";

/**
 * Reads a range of a content once, past the checksums that run, and stores nothing.
 *
 * @param sizeBytes of the whole content
 */
export async function feedContent(
  stores: ContentStores,
  content: Content,
  sizeBytes: number,
  range: ByteRange,
  running: readonly Digester[],
): Promise<void> {
  const opened = await openContent(stores, content, sizeBytes, range);
  const chunks = opened instanceof Uint8Array ? [opened] : opened;
  for await (const chunk of chunks) for (const digester of running) await digester.update(chunk);
}
