import type { Delivery } from "./delivery.ts";

/** One event, as it is sent. */
export interface EventMessage {
  /** Of the object: where a target keeps an order, it is that of each key. */
  readonly key: string;
  /** The same each time that this event is sent, and no other's. */
  readonly id: string;
  readonly body: string;
}

/** How a kind of target is sent events. */
export interface EventSender<Target> {
  /** How many at once. */
  readonly most: number;
  /** @param record JSON, as the outbox has it */
  bodyOf(target: Target, record: string): string;
  /** Never throws. @returns what became of each, in their order */
  send(
    target: Target,
    messages: readonly EventMessage[],
    nowMs: number,
  ): Promise<readonly Delivery[]>;
  /** Finds out whether the target is there, where that is not done by a test event. */
  readonly probe?: (target: Target, nowMs: number) => Promise<Delivery>;
}

/** As AWS sends a record. */
export function recordsOf(record: string): string {
  return `{"Records":[${record}]}`;
}
