import type { EventTarget } from "../../protocol/events/event-targets.ts";
import type { Delivery } from "./delivery.ts";
import { postEvent } from "./post-event.ts";

/** Delivers one record. @param record JSON of a member of `Records` */
export function deliverRecord(
  target: EventTarget,
  record: string,
  nowMs: number,
): Promise<Delivery> {
  const records = `{"Records":[${record}]}`;
  const isMinios = "url" in target && target.envelope === "minio";
  return deliverMessage(target, isMinios ? minioEnvelope(record) : records, nowMs);
}

/** Delivers JSON as it is. */
export async function deliverMessage(
  target: EventTarget,
  json: string,
  nowMs: number,
): Promise<Delivery> {
  if ("url" in target) return postEvent(target, json, nowMs);
  try {
    await target.queue.send(JSON.parse(json), { contentType: "json" });
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: String(error) };
  }
}

function minioEnvelope(record: string): string {
  const { eventName, s3 } = JSON.parse(record) as {
    readonly eventName: string;
    readonly s3: {
      readonly bucket: { readonly name: string };
      readonly object: { readonly key: string };
    };
  };
  const head = { EventName: `s3:${eventName}`, Key: `${s3.bucket.name}/${s3.object.key}` };
  return `${JSON.stringify(head).slice(0, -1)},"Records":[${record}]}`;
}
