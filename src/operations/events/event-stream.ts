import type { EventListener } from "../../domain/event-listener.ts";
import { S3Error } from "../../protocol/errors.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import type { HeardEvents } from "../../storage/ports/event-listening.ts";

/** Whoever goes on listening after that comes anew: its key may be gone by then, or the time of its signature over. */
const MOST_MS = 15 * 60_000;

/** How events are told as they happen. */
export interface EventFormat {
  readonly contentType: string;
  /** What is sent at first, and then whenever nothing was for a while. */
  readonly ping: string;
  textOf(heard: HeardEvents): string;
}

/**
 * The body of an answer that has no end: one page at a time, and none before the client has taken the one before. It ends when the
 * server does, after a quarter of an hour, or when the bucket is gone, or its policy does not let the caller listen any more.
 *
 * @param left called once, when nobody reads on
 */
export function eventStream(
  listener: EventListener,
  format: EventFormat,
  pingMs: number,
  stopping: AbortSignal | undefined,
  left: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const gone = new AbortController();
  stopping?.addEventListener("abort", () => gone.abort(), { once: true });
  const timer = setTimeout(() => gone.abort(), MOST_MS);
  const end = (): void => {
    clearTimeout(timer);
    gone.abort();
    left();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      // So that the client sees that it is heard.
      controller.enqueue(encoder.encode(format.ping));
    },
    async pull(controller) {
      try {
        const text = await nextText(listener, format, pingMs, gone.signal);
        if (text !== undefined) return controller.enqueue(encoder.encode(text));
        end();
        controller.close();
      } catch (error) {
        end();
        if (error instanceof S3Error || error instanceof StaleBucketError) controller.close();
        else controller.error(error);
      }
    },
    cancel: end,
  });
}

/** Undefined: nobody waits for one. */
async function nextText(
  listener: EventListener,
  format: EventFormat,
  pingMs: number,
  gone: AbortSignal,
): Promise<string | undefined> {
  for (;;) {
    if (gone.aborted) return undefined;
    const heard = await listener.next(pingMs, gone);
    if (gone.aborted) return undefined;
    if (heard === undefined) return format.ping;
    const text = format.textOf(heard);
    if (text !== "") return text;
  }
}
