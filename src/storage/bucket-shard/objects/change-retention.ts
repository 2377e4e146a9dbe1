import { endOf, type EventHold } from "../../../protocol/event-hold.ts";
import type { ObjectAttributes, Retention } from "../../../protocol/object-record.ts";
import type { AttributeChange } from "../../ports/bucket-index.ts";

type RetentionChange = Extract<AttributeChange, { kind: "retention" }>;

/**
 * Changes retention, event hold, or both. What keeps a version may be made longer by anybody who may set it; what makes it shorter is for
 * those who bypass GOVERNANCE.
 *
 * @returns undefined: Object Lock forbids it
 */
export function changeRetention(
  before: ObjectAttributes,
  change: RetentionChange,
  nowMs: number,
): ObjectAttributes | undefined {
  const { eventHold, bypassesGovernance } = change;
  const isOfHoldAlone = eventHold !== undefined && change.retention === undefined;
  const retention = isOfHoldAlone ? before.retention : change.retention;
  if (!mayRetain(before.retention, retention, bypassesGovernance, nowMs)) return undefined;
  if (eventHold === undefined) return { ...before, retention };
  if (!mayHold(before.eventHold, eventHold, bypassesGovernance, nowMs)) return undefined;
  if (eventHold.isOn || before.eventHold?.isOn !== true) return { ...before, retention, eventHold };
  return { ...before, retention: released(retention, before.eventHold, nowMs), eventHold };
}

/** Retention that has not ended: another mode counts as shorter; and under COMPLIANCE nobody may. */
function mayRetain(
  before: Retention | undefined,
  retention: Retention | undefined,
  bypassesGovernance: boolean,
  nowMs: number,
): boolean {
  if (before === undefined || before.retainUntilMs <= nowMs) return true;
  const isLonger =
    retention?.mode === before.mode && retention.retainUntilMs >= before.retainUntilMs;
  return isLonger || (before.mode === "GOVERNANCE" && bypassesGovernance);
}

/** A hold that is on: to put it off, or to have it last for less after that, makes it shorter. */
function mayHold(
  before: EventHold | undefined,
  eventHold: EventHold,
  bypassesGovernance: boolean,
  nowMs: number,
): boolean {
  if (before?.isOn !== true || bypassesGovernance) return true;
  return eventHold.isOn && endOf(nowMs, eventHold) >= endOf(nowMs, before);
}

/** The event has happened: the version is retained for so long from now on, and for what it is retained anyway. */
function released(
  retention: Retention | undefined,
  hold: Extract<EventHold, { isOn: true }>,
  nowMs: number,
): Retention {
  const retainUntilMs = Math.max(retention?.retainUntilMs ?? 0, endOf(nowMs, hold));
  return { mode: retention?.mode ?? "GOVERNANCE", retainUntilMs };
}
