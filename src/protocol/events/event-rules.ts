import type { NotifyingBucket } from "./event-record.ts";
import {
  type Notification,
  type NotificationConfiguration,
  notificationsOf,
} from "./notification-configuration.ts";

/** The document as shards have it, with what records say of the bucket. */
export type NotificationDocument = NotificationConfiguration & { readonly bucket: NotifyingBucket };

/** A bucket's notifications, by event. */
export class EventRules {
  readonly bucket: NotifyingBucket;
  /** EventBridge is told of everything. */
  readonly isForEventBridge: boolean;
  readonly #byEvent = new Map<string, Notification[]>();

  constructor(document: NotificationDocument) {
    this.bucket = document.bucket;
    this.isForEventBridge = document.EventBridgeConfiguration !== undefined;
    for (const notification of notificationsOf(document))
      for (const event of notification.events)
        this.#byEvent.set(event, [...(this.#byEvent.get(event) ?? []), notification]);
  }

  /** Those that want to know of the event. @param event such as `ObjectCreated:Put` */
  matching(event: string, key: string): readonly Notification[] {
    const wanting = this.#byEvent.get(event) ?? [];
    return wanting.filter(({ prefix, suffix }) => key.startsWith(prefix) && key.endsWith(suffix));
  }
}
