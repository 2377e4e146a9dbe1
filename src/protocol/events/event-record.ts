import type { Origin } from "./origin.ts";

/** What a record says of the bucket. */
export interface NotifyingBucket {
  readonly name: string;
  readonly region: string;
  /** Canonical id. */
  readonly ownerId: string;
}

export interface HappenedEvent {
  /** Such as `ObjectCreated:Put`. */
  readonly name: string;
  readonly timeMs: number;
  readonly key: string;
  /** Undefined: the null version. */
  readonly versionId: string | undefined;
  readonly sizeBytes: number | undefined;
  /** Without quotes. */
  readonly etag: string | undefined;
  /** Of two events of one key, the later has the greater; undefined: the record says none. */
  readonly sequence: number | undefined;
  /** That an object was moved to. */
  readonly storageClass?: string;
}

/** The families whose records say more in a newer version; all others say 2.1. */
const VERSIONS: Readonly<Record<string, string>> = {
  ObjectTagging: "2.3",
  ObjectAcl: "2.3",
  ObjectAnnotation: "2.3",
  ObjectRetention: "2.3",
  LifecycleExpiration: "2.3",
  LifecycleTransition: "2.3",
  Replication: "2.2",
};

/**
 * A record of `{"Records": […]}`, its members in AWS's order.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html; which members each family has:
 *   recorded from AWS in https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_notifications_sqs.snapshot.json
 */
export function eventRecord(
  event: HappenedEvent,
  origin: Origin,
  bucket: NotifyingBucket,
  configurationId: string,
): object {
  const [family = ""] = event.name.split(":");
  const { key, sizeBytes: size, etag: eTag, versionId, sequence, storageClass } = event;
  return {
    eventVersion: VERSIONS[family] ?? "2.1",
    eventSource: "aws:s3",
    awsRegion: bucket.region,
    eventTime: new Date(event.timeMs).toISOString(),
    eventName: event.name,
    userIdentity: { principalId: origin.principalId },
    requestParameters: { sourceIPAddress: origin.sourceIp },
    responseElements: { "x-amz-request-id": origin.requestId, "x-amz-id-2": origin.hostId },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: bucket.ownerId },
        arn: `arn:aws:s3:::${bucket.name}`,
      },
      object: {
        key: formEncoded(key),
        ...(size !== undefined && { size }),
        ...(eTag !== undefined && { eTag }),
        ...(versionId !== undefined && { versionId }),
        ...(sequence !== undefined && { sequencer: sequencer(sequence) }),
      },
    },
    ...(storageClass !== undefined && {
      lifecycleEventData: { transitionEventData: { destinationStorageClass: storageClass } },
    }),
  };
}

/** Of one length, so that they compare as texts. */
export function sequencer(sequence: number): string {
  return sequence.toString(16).toUpperCase().padStart(18, "0");
}

/** As in a form, but for slashes, which stay. */
function formEncoded(key: string): string {
  return new URLSearchParams([["", key]]).toString().slice(1).replaceAll("%2F", "/");
}
