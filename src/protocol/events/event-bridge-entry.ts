import { type HappenedEvent, type NotifyingBucket, sequencer } from "./event-record.ts";
import type { Origin } from "./origin.ts";

/** An event as EventBridge takes it, but for the bus and the source, which the deployment says. */
export interface EventBridgeEntry {
  readonly DetailType: string;
  /** In seconds since 1970. */
  readonly Time: number;
  readonly Resources: readonly string[];
  /** JSON. */
  readonly Detail: string;
}

type Members = Readonly<Record<string, string>>;

const BY_LIFECYCLE = { reason: "Lifecycle Expiration" };
const PERMANENTLY = { "deletion-type": "Permanently Deleted" };
const MARKED = { "deletion-type": "Delete Marker Created" };
const BY_DELETE = { reason: "DeleteObject" };

/** What AWS calls each event there, and what its detail says besides; what is not here, EventBridge is not told. */
const TYPES: Readonly<Record<string, readonly [detailType: string, members: Members] | undefined>> =
  {
    "ObjectCreated:Put": ["Object Created", { reason: "PutObject" }],
    "ObjectCreated:Post": ["Object Created", { reason: "POST Object" }],
    "ObjectCreated:Copy": ["Object Created", { reason: "CopyObject" }],
    "ObjectCreated:CompleteMultipartUpload": [
      "Object Created",
      { reason: "CompleteMultipartUpload" },
    ],
    "ObjectRemoved:Delete": ["Object Deleted", { ...BY_DELETE, ...PERMANENTLY }],
    "ObjectRemoved:DeleteMarkerCreated": ["Object Deleted", { ...BY_DELETE, ...MARKED }],
    "LifecycleExpiration:Delete": ["Object Deleted", { ...BY_LIFECYCLE, ...PERMANENTLY }],
    "LifecycleExpiration:DeleteMarkerCreated": ["Object Deleted", { ...BY_LIFECYCLE, ...MARKED }],
    LifecycleTransition: ["Object Storage Class Changed", {}],
    "ObjectAcl:Put": ["Object ACL Updated", {}],
    "ObjectTagging:Put": ["Object Tags Added", {}],
    "ObjectTagging:Delete": ["Object Tags Deleted", {}],
  };

/**
 * Undefined: EventBridge is not told of such events.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html; recorded from AWS in
 *   https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_notifications_eventbridge.snapshot.json
 */
export function eventBridgeEntry(
  event: HappenedEvent,
  origin: Origin,
  { name }: NotifyingBucket,
): EventBridgeEntry | undefined {
  const type = TYPES[event.name];
  if (type === undefined) return undefined;
  const [DetailType, members] = type;
  const { key, sizeBytes: size, etag, versionId, sequence, storageClass } = event;
  const { requestId, principalId, accountId = principalId, sourceIp } = origin;
  const detail = {
    version: "0",
    bucket: { name },
    object: {
      key,
      ...(size !== undefined && { size }),
      ...(etag !== undefined && { etag }),
      ...(versionId !== undefined && { "version-id": versionId }),
      ...(sequence !== undefined && { sequencer: sequencer(sequence) }),
    },
    "request-id": requestId,
    requester: accountId,
    // Of a request: what a rule does comes from nowhere.
    ...(sourceIp !== principalId && { "source-ip-address": sourceIp }),
    ...members,
    ...(storageClass !== undefined && { "destination-storage-class": storageClass }),
  };
  const Time = Math.floor(event.timeMs / 1000);
  return { DetailType, Time, Resources: [`arn:aws:s3:::${name}`], Detail: JSON.stringify(detail) };
}
