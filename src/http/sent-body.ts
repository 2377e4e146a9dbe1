import type { Waiter } from "../lib/waiter.ts";

/** A body of at most so many bytes counts as sent when it is handed over: the connection takes it at once. */
const AT_ONCE_BYTES = 16 * 1024;

/** Answers of the local platform tell by themselves. */
interface TellingAnswer {
  onSent: ((bytesSent: number) => void) | undefined;
}

/**
 * Tells when an answer has been sent, and how much of it was. On Cloudflare a body of which nobody has to know goes out without JavaScript, and counts
 * as it is announced, when it begins.
 *
 * @param mustKnow somebody has to know, so that the body is counted as it passes
 * @param done is told the bytes of the body that its client has taken, which are fewer when it hung up, and how long that took
 * @returns what is to be sent in the answer's place
 */
export function whenSent(
  response: Response,
  method: string,
  waiter: Waiter,
  mustKnow: boolean,
  done: (bytesSent: number, sendingMs: number) => void,
): Response {
  const length = response.headers.get("content-length");
  const tells = "onSent" in response;
  if (!mustKnow && !tells) {
    // The body is not looked at: workerd makes a stream of it for that, of bytes, too.
    const hasBody = method !== "HEAD" && response.status !== 204 && response.status !== 304;
    done(hasBody ? Number(length ?? 0) : 0, 0);
    return response;
  }
  const { body } = response;
  // On the local platform a body may be bytes.
  const isBytes = typeof body === "string" || (body as unknown) instanceof Uint8Array;
  const isSentAtOnce = length !== null && (isBytes || Number(length) <= AT_ONCE_BYTES);
  if (body === null || method === "HEAD" || isSentAtOnce) {
    done(body === null || method === "HEAD" ? 0 : Number(length), 0);
    return response;
  }
  const began = performance.now();
  if (tells) {
    (response as TellingAnswer).onSent = (bytesSent) => done(bytesSent, performance.now() - began);
    return response;
  }
  let bytesSent = 0;
  const counted = countedStream(body, (bytes) => {
    bytesSent += bytes;
  });
  // A stream of known length, or the runtime would send it in chunks.
  const { readable, writable } =
    length === null ? new TransformStream() : new FixedLengthStream(Number(length));
  const send = async (): Promise<void> => {
    try {
      await counted.pipeTo(writable);
    } catch {
      // Whoever reads has hung up, or the source breaks off: both ends know already.
    }
    done(bytesSent, performance.now() - began);
  };
  waiter.waitUntil(send());
  return new Response(readable, response);
}

function countedStream(
  body: ReadableStream<Uint8Array>,
  count: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        count(value.byteLength);
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
