import type { ByteRange } from "../protocol/range.ts";
import type { Digester } from "./body/digester.ts";
import { type ContentStores, openContent, type Readable } from "./open-content.ts";

/**
 * Reads a range of an object once to compute checksums of it, and stores nothing.
 *
 * @throws Error when not all of it can be read
 */
export async function feedContent(
  stores: ContentStores,
  object: Readable,
  range: ByteRange,
  running: readonly Digester[],
): Promise<void> {
  const opened = await openContent(stores, object, range);
  const chunks = opened instanceof Uint8Array ? [opened] : opened;
  let readBytes = 0;
  for await (const chunk of chunks) {
    readBytes += chunk.byteLength;
    for (const digester of running) await digester.update(chunk);
  }
  if (readBytes !== range.length)
    throw new Error(`${object.key} gave ${readBytes} bytes, not ${range.length}`);
}
