import type { AwsTarget } from "../../protocol/events/aws-target.ts";
import type { EventBridgeEntry } from "../../protocol/events/event-bridge-entry.ts";
import { postToAws } from "./aws-request.ts";
import type { Delivery } from "./delivery.ts";
import type { EventSender } from "./event-sender.ts";

/**
 * PutEvents, which may take some of its entries and not others. AWS sends a bus no test event, nor does it ask whether it is there.
 *
 * Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export const EVENT_BRIDGE_SENDER: EventSender<AwsTarget> = {
  most: 10,
  bodyOf: (_target, entry) => entry,
  async send(target, messages, nowMs) {
    const { arn: EventBusName, source: Source } = target;
    const Entries = messages.map(({ body }) => ({
      ...(JSON.parse(body) as EventBridgeEntry),
      Source,
      EventBusName,
    }));
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSEvents.PutEvents",
    };
    const request = { path: "/", headers, body: JSON.stringify({ Entries }) };
    const answer = await postToAws(target, request, nowMs);
    if (!("text" in answer)) return messages.map(() => answer);
    const entries = entriesOf(answer.text);
    return messages.map((_, i) => outcomeOf(entries[i]));
  },
  probe: async () => ({ ok: true }),
};

interface TakenEntry {
  readonly EventId?: unknown;
  readonly ErrorCode?: unknown;
}

function outcomeOf(entry: TakenEntry | undefined): Delivery {
  if (typeof entry?.EventId === "string") return { ok: true };
  const code = typeof entry?.ErrorCode === "string" ? entry.ErrorCode : "no reason given";
  return { ok: false, reason: `the bus refused it: ${code}` };
}

/** In the order of those that were put; none where the answer is another one. */
function entriesOf(text: string): readonly (TakenEntry | undefined)[] {
  try {
    const { Entries } = JSON.parse(text) as { readonly Entries?: unknown };
    return Array.isArray(Entries) ? (Entries as (TakenEntry | undefined)[]) : [];
  } catch {
    return [];
  }
}
