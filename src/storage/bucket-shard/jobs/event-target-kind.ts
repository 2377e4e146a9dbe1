import type { EventTargets } from "../../../protocol/events/event-targets.ts";
import { deliverRecord } from "../../events/deliver-event.ts";
import type { Delivery } from "../../events/delivery.ts";
import { bury } from "../outbox/dead-letters.ts";
import type { TargetKind } from "../outbox/target-kind.ts";

const UNDECLARED: Delivery = { ok: false, reason: "the target is not declared" };

/** What the deployment declares gets records, and what it does not take is a dead letter. */
export function eventTargetKind(targets: EventTargets): TargetKind {
  return {
    batchOf: () => 1,
    async deliver(target, rows, nowMs) {
      const declared = targets.get(target);
      if (declared === undefined) return rows.map(() => UNDECLARED);
      return Promise.all(rows.map(({ record }) => deliverRecord(declared, record, nowMs)));
    },
    giveUp: ({ sql }, target, rows, reason) => bury(sql, target, rows, reason),
  };
}
