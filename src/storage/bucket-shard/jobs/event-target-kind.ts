import type { EventTarget, EventTargets } from "../../../protocol/events/event-targets.ts";
import type { Delivery } from "../../events/delivery.ts";
import { senderOf } from "../../events/event-senders.ts";
import { bury } from "../outbox/dead-letters.ts";
import type { OutboxRow } from "../outbox/outbox.ts";
import type { TargetKind } from "../outbox/target-kind.ts";
import type { ShardState } from "../shard-state.ts";

const UNDECLARED: Delivery = { ok: false, reason: "the target is not declared" };

/** What the deployment declares gets records, and what it does not take is a dead letter. */
export function eventTargetKind(
  targets: EventTargets,
  { name }: Pick<ShardState, "name">,
): TargetKind {
  return {
    batchOf(target) {
      const declared = targets.get(target);
      return declared === undefined ? 1 : senderOf(declared).most;
    },
    async deliver(target, rows, nowMs) {
      const declared = targets.get(target);
      if (declared === undefined) return rows.map(() => UNDECLARED);
      return sendRows(declared, name, rows, nowMs);
    },
    giveUp: ({ sql }, target, rows, reason) => bury(sql, target, rows, reason),
  };
}

function sendRows(
  target: EventTarget,
  shardName: string,
  rows: readonly OutboxRow[],
  nowMs: number,
): Promise<readonly Delivery[]> {
  const sender = senderOf(target);
  const messages = rows.map(({ id, key, record }) => ({
    key,
    // A sequencer is given once in a shard, and once more in the next one.
    id: `${shardName}/${id}`,
    body: sender.bodyOf(target, record),
  }));
  return sender.send(target, messages, nowMs);
}
