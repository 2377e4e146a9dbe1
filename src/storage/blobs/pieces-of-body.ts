/**
 * What a stream brings, in one buffer used again and again: workerd gives 4 KiB at a time to whoever brings none. Bodies of the
 * local platform are no streams of the web, and give what they have.
 *
 * @param mostBytes of a piece, which is valid until the next is asked for
 */
export async function* piecesOfBody(
  body: ReadableStream<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<Uint8Array, void> {
  if (!(body instanceof ReadableStream)) {
    yield* body as AsyncIterable<Uint8Array>;
    return;
  }
  const reader = body.getReader({ mode: "byob" });
  let isWhole = false;
  try {
    let buffer = new Uint8Array(mostBytes);
    for (;;) {
      const { value, done } = await reader.readAtLeast(buffer.byteLength, buffer);
      if (value !== undefined && value.byteLength > 0) yield value;
      if (done || value === undefined) break;
      buffer = new Uint8Array(value.buffer);
    }
    isWhole = true;
  } finally {
    if (!isWhole) await reader.cancel().catch(() => undefined);
  }
}
