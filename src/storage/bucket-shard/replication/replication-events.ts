import { eventRecord } from "../../../protocol/events/event-record.ts";
import type { Origin } from "../../../protocol/events/origin.ts";
import type { ReplicationRule } from "../../../protocol/replication/replication-rules.ts";
import { putRow } from "../outbox/outbox.ts";
import type { FoundVersion } from "../rows/find-object.ts";
import type { Transaction } from "../transaction.ts";

/** What AWS calls late. */
export const THRESHOLD_MS = 15 * 60_000;

/** Nobody's request. */
const SERVICE: Origin = {
  principalId: "s3.amazonaws.com",
  sourceIp: "s3.amazonaws.com",
  requestId: "",
  hostId: "",
  operation: "",
};

/** Why a version was given up, in AWS's words where it has any. */
const REASONS: Readonly<Record<string, string>> = {
  AccessDenied: "DstPutObjectNotPermitted",
  InvalidBucketState: "DstBucketUnversioned",
  InvalidObjectState: "SrcObjectNotEligible",
  NoSuchBucket: "DstBucketNotFound",
  NoSuchDestination: "DstBucketNotFound",
};

type Happened =
  | { readonly kind: "OperationFailedReplication"; readonly reason: string }
  | { readonly kind: "OperationMissedThreshold" | "OperationReplicatedAfterThreshold" };

/**
 * Tells whoever wants to know what became of a version's replication, if its rule has metrics, or, of what is late, a time.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-metrics-events.html
 */
export function tellOfReplication(
  transaction: Transaction,
  { id, isTimed, document: { Destination } }: ReplicationRule,
  { row, isMarker }: FoundVersion,
  emittedMs: number,
  happened: Happened,
): void {
  const { configuration, nowMs } = transaction;
  const { eventRules } = configuration;
  const isFailure = happened.kind === "OperationFailedReplication";
  const isWanted = isFailure ? Destination.Metrics?.Status === "Enabled" : isTimed;
  if (eventRules === undefined || !isWanted) return;
  const name = `Replication:${happened.kind}`;
  const { key, version_id: versionId, size_bytes: sizeBytes, etag, sequence } = row;
  const event = { name, timeMs: nowMs, key, versionId: versionId ?? undefined };
  const object = { sizeBytes, etag, sequence };
  for (const { id: configurationId, arn } of eventRules.matching(name, key)) {
    const record = {
      ...eventRecord({ ...event, ...object }, SERVICE, eventRules.bucket, configurationId),
      replicationEventData: {
        replicationRuleId: id,
        destinationBucket: Destination.Bucket,
        s3Operation: isMarker ? "OBJECT_DELETE" : "OBJECT_PUT",
        requestTime: new Date(emittedMs).toISOString(),
        ...(isFailure
          ? { failureReason: reasonOf(happened.reason, isMarker) }
          : { threshold: durationOf(THRESHOLD_MS) }),
        ...(happened.kind === "OperationReplicatedAfterThreshold" && {
          replicationTime: durationOf(nowMs - emittedMs),
        }),
      },
    };
    if (transaction.room.takeSpare()) putRow(transaction, arn, key, record);
  }
}

function reasonOf(reason: string, isMarker: boolean): string {
  if (isMarker && reason === "AccessDenied") return "DstDelObjNotPermitted";
  return REASONS[reason] ?? reason;
}

/** As ISO 8601 has it. */
function durationOf(timeMs: number): string {
  return `PT${timeMs / 1000}S`;
}
