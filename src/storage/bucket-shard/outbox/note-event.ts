import { eventRecord } from "../../../protocol/events/event-record.ts";
import type { Origin } from "../../../protocol/events/origin.ts";
import type { ObjectEvent } from "../events.ts";
import type { Transaction } from "../transaction.ts";
import { eventName, happenedEvent, NOBODY } from "./happened-event.ts";

/** For the log, if it is to have what happens, and for whoever listens to the bucket just now. */
export function noteEvent(transaction: Transaction, event: ObjectEvent): void {
  const { listeners, nowMs, settings, origin = NOBODY } = transaction;
  const bucket = listeners.listening(nowMs);
  if (bucket === undefined && !settings.logEvents) return;
  const name = eventName(event, origin.operation);
  if (name === undefined) return;
  const { key } = event.row;
  listeners.note({
    name,
    key,
    line: settings.logEvents ? lineOf(transaction, name, event, origin) : undefined,
    record:
      bucket &&
      JSON.stringify(
        eventRecord(happenedEvent(transaction, name, event), origin, bucket, "Listen"),
      ),
  });
}

function lineOf(
  { listeners, state }: Transaction,
  name: string,
  { kind, row }: ObjectEvent,
  { bucketName }: Origin,
): object {
  // What a shard does by itself comes from nobody who could say how the bucket is called.
  const bucket = listeners.nameOf(bucketName) ?? state.name;
  const { key, version_id: versionId } = row;
  const size = kind === "created" ? { size: row.size_bytes } : {};
  return { name, bucket, key, ...size, ...(versionId !== null && { versionId }) };
}
