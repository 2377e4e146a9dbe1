import type { EventTarget } from "../../protocol/events/event-targets.ts";
import type { Delivery } from "./delivery.ts";
import { EVENT_BRIDGE_SENDER } from "./event-bridge-sender.ts";
import type { EventSender } from "./event-sender.ts";
import { LAMBDA_SENDER } from "./lambda-sender.ts";
import { QUEUE_SENDER } from "./queue-sender.ts";
import { SNS_SENDER } from "./sns-sender.ts";
import { SQS_SENDER } from "./sqs-sender.ts";
import { WEBHOOK_SENDER } from "./webhook-sender.ts";

type SenderOf<Kind> = EventSender<Extract<EventTarget, { readonly kind: Kind }>>;

const SENDERS: { readonly [Kind in EventTarget["kind"]]: SenderOf<Kind> } = {
  events: EVENT_BRIDGE_SENDER,
  lambda: LAMBDA_SENDER,
  queue: QUEUE_SENDER,
  sns: SNS_SENDER,
  sqs: SQS_SENDER,
  webhook: WEBHOOK_SENDER,
};

export function senderOf<Target extends EventTarget>({ kind }: Target): EventSender<Target> {
  return SENDERS[kind] as unknown as EventSender<Target>;
}

/**
 * Sees whether a target is there, by a test event where AWS sends one. Never throws.
 *
 * @param body JSON of the test event
 * @param id of the request that the target is named by
 */
export async function announceTo(
  target: EventTarget,
  body: string,
  id: string,
  nowMs: number,
): Promise<Delivery> {
  const sender = senderOf(target);
  if (sender.probe !== undefined) return sender.probe(target, nowMs);
  const [delivery] = await sender.send(target, [{ key: "s3:TestEvent", id, body }], nowMs);
  return delivery ?? { ok: false, reason: "the target said nothing of it" };
}
