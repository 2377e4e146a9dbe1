import type { WebhookTarget } from "../../protocol/events/event-targets.ts";
import type { Delivery } from "./delivery.ts";
import { type EventSender, recordsOf } from "./event-sender.ts";

const TIMEOUT_MS = 10_000;

/** A POST for each event. */
export const WEBHOOK_SENDER: EventSender<WebhookTarget> = {
  most: 1,
  bodyOf: ({ envelope }, record) =>
    envelope === "minio" ? minioEnvelope(record) : recordsOf(record),
  send: (target, messages, nowMs) =>
    Promise.all(messages.map(({ body }) => post(target, body, nowMs))),
};

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

/**
 * Posts JSON to a webhook; any status from 200 to 299 is a delivery, and what else is answered is not read. Redirects are not
 * followed, and no header is anybody's but ours: `x-ledge-signature: t=SECONDS,v1=HEX`, HMAC-SHA-256 of `t.body`, if the target
 * has a secret.
 */
async function post(target: WebhookTarget, body: string, nowMs: number): Promise<Delivery> {
  try {
    const { url, bearer, hmacSecret } = target;
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
    if (hmacSecret !== undefined) {
      const seconds = Math.floor(nowMs / 1000);
      const signature = await hmac(hmacSecret, `${seconds}.${body}`);
      headers["x-ledge-signature"] = `t=${seconds},v1=${signature}`;
    }
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal,
    });
    await response.body?.cancel();
    const { status } = response;
    if (status >= 200 && status < 300) return { ok: true };
    return { ok: false, reason: `answered ${status}`, isGone: status === 410 };
  } catch (error) {
    return { ok: false, reason: String(error) };
  }
}

async function hmac(secret: string, text: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", Buffer.from(secret), algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, Buffer.from(text));
  return Buffer.from(signature).toString("hex");
}
