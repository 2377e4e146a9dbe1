import { S3Error } from "../protocol/errors.ts";
import {
  type Notification,
  type NotificationConfiguration,
  notificationsOf,
} from "../protocol/events/notification-configuration.ts";
import type { Origin } from "../protocol/events/origin.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import { EVENT_BRIDGE } from "../protocol/events/aws-target.ts";
import { announceTo } from "../storage/events/event-senders.ts";
import type { BucketPorts } from "./ports.ts";

interface Needed extends Pick<BucketPorts, "bucket" | "settings"> {
  readonly request: S3Request;
  readonly origin: () => Origin;
}

/** What AWS says of a target that does not exist. */
const MISSING: Readonly<Record<Notification["kind"], (arn: string) => [string, string]>> = {
  Queue: (arn) => [arn, "The destination queue does not exist"],
  Topic: (arn) => [arn, "The destination topic does not exist"],
  CloudFunction: (arn) => [`${arn}, null`, `Not authorized to invoke function [${arn}]`],
};

/** @throws S3Error NotImplemented: the deployment has no EventBridge, and nothing is kept that would not be done */
export function requireEventBridge({ settings }: Pick<Needed, "settings">): void {
  if (!settings.eventTargets.has(EVENT_BRIDGE))
    throw new S3Error("NotImplemented", { message: "This deployment has no EventBridge" });
}

/**
 * Sends the test event to each target that is new, and so sees whether it answers; `x-amz-skip-destination-validation: true` leaves
 * that out. A target that is not declared is refused in any case: what happens would be told to nobody.
 *
 * @param stored the document that is to be replaced
 * @throws S3Error InvalidArgument, which names the targets that are not declared or do not answer
 */
export async function announceTargets(
  { bucket, settings, request, origin }: Needed,
  notifications: readonly Notification[],
  stored: string | undefined,
): Promise<void> {
  const isSilent =
    request.headers.get("x-amz-skip-destination-validation")?.toLowerCase() === "true";
  const before =
    stored === undefined ? [] : notificationsOf(JSON.parse(stored) as NotificationConfiguration);
  const known = new Set(before.map(({ arn }) => arn));
  const wanted = new Map(notifications.map((each) => [each.arn, each]));
  const nowMs = Date.now();
  const { requestId, hostId } = origin();
  const body = JSON.stringify({
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: new Date(nowMs).toISOString(),
    Bucket: bucket.name,
    RequestId: requestId,
    HostId: hostId,
  });
  const answers = [...wanted.values()].map(async ({ kind, arn }) => {
    const target = settings.eventTargets.get(arn);
    if (target === undefined) return [MISSING[kind](arn)];
    if (isSilent || known.has(arn)) return [];
    return (await announceTo(target, body, requestId, nowMs)).ok ? [] : [MISSING[kind](arn)];
  });
  const missing = (await Promise.all(answers)).flat();
  if (missing.length === 0) return;
  const fields = missing.flatMap(([name, value], i) => [
    [`ArgumentName${i + 1}`, name],
    [`ArgumentValue${i + 1}`, value],
  ]);
  throw new S3Error("InvalidArgument", {
    message: "Unable to validate the following destination configurations",
    fields: Object.fromEntries(fields) as Record<string, string>,
  });
}
