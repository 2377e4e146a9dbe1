import { announceTargets, requireEventBridge } from "../../domain/announce-targets.ts";
import {
  completeNotifications,
  NotificationConfiguration,
  notificationsOf,
} from "../../protocol/events/notification-configuration.ts";
import { regionOf } from "../../protocol/region.ts";
import { documentKind } from "./stored-document.ts";

const KIND = "notification";

/**
 * `?notification`: who is told what happens to objects, and of which. Shards do it, by their outboxes; an empty one ends it.
 *
 * Errors: InvalidArgument, NotImplemented (EventBridge, where the deployment declares none).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 */
export const NOTIFICATION = documentKind({
  subresource: "notification",
  kind: KIND,
  part: "shard",
  root: "NotificationConfiguration",
  shape: NotificationConfiguration,
  name: "BucketNotificationConfiguration",
  action: "BucketNotification",
  fresh: {
    TopicConfiguration: [],
    QueueConfiguration: [],
    CloudFunctionConfiguration: [],
    EventBridgeConfiguration: undefined,
  },
  isVouchedFor: false,
  async check(given, context) {
    const document = completeNotifications(given);
    const notifications = notificationsOf(document);
    const isForEventBridge = document.EventBridgeConfiguration !== undefined;
    if (notifications.length === 0 && !isForEventBridge) return undefined;
    if (isForEventBridge) requireEventBridge(context);
    const { bucket } = context;
    const stored = await context.directory.readDocument(bucket.id, KIND, "");
    await announceTargets(context, notifications, stored?.body);
    const { name, region, ownerId } = bucket;
    // Shards do not know their bucket's name.
    const told = { ...document, bucket: { name, region: regionOf(region), ownerId } };
    return told;
  },
  flags: (document) => ({ wantsOrigin: document !== undefined }),
});
