import type { QueueTarget } from "../../protocol/events/event-targets.ts";
import { type EventSender, recordsOf } from "./event-sender.ts";

/**
 * A queue of Cloudflare's, which takes 100 messages or 256 KB at once, and all of them or none. A record has 5 KB at most.
 *
 * Source: https://developers.cloudflare.com/queues/platform/limits/
 */
export const QUEUE_SENDER: EventSender<QueueTarget> = {
  most: 40,
  bodyOf: (_target, record) => recordsOf(record),
  async send({ queue }, messages) {
    try {
      await queue.sendBatch(
        messages.map(({ body }) => ({ body: JSON.parse(body) as unknown, contentType: "json" })),
      );
      return messages.map(() => ({ ok: true }));
    } catch (error) {
      const reason = String(error);
      return messages.map(() => ({ ok: false, reason }));
    }
  },
};
