import type { BlobSource } from "../ports/blob-store.ts";

/**
 * Feeds a source to something that reads a stream of known length.
 *
 * @throws what was wrong with the source, if anything was: that the reader got half a stream is its consequence
 */
export async function pump<T>(
  source: BlobSource,
  read: (stream: ReadableStream<Uint8Array>) => Promise<T>,
): Promise<T> {
  const chunks = source.chunks();
  // Nothing is opened for a client that sends nothing.
  let next = await chunks.next();
  const { readable, writable } = new FixedLengthStream(source.sizeBytes);
  const reading = read(readable);
  const writer = writable.getWriter();
  // A reader that gives up would leave the next write waiting for ever.
  reading.catch((error: unknown) => writer.abort(error).catch(() => undefined));
  // The writes fail then, too: that is told apart from the source's own failure.
  let sourceFailure: { readonly error: unknown } | undefined;
  try {
    while (next.done !== true) {
      await writer.write(next.value);
      next = await chunks.next().catch((error: unknown) => {
        sourceFailure = { error };
        throw error;
      });
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    // The source may hold the request's body, which somebody else is to read on.
    await chunks.return();
    const [outcome] = await Promise.allSettled([reading]);
    if (sourceFailure === undefined && outcome.status === "rejected") throw outcome.reason;
    throw error;
  }
  return reading;
}
