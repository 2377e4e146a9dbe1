import { checkLogTarget } from "../../domain/access-log/check-log-target.ts";
import { ownerOf } from "../../domain/bucket-owner.ts";
import { formatHttpDate } from "../../lib/http-date.ts";
import { destinationOf, type LogDestination } from "../../protocol/access-log/log-destination.ts";
import { BucketLoggingStatus } from "../../protocol/access-log/logging-configuration.ts";
import { S3Error } from "../../protocol/errors.ts";
import { regionOf } from "../../protocol/region.ts";
import { documentKind } from "./stored-document.ts";

/** Never changes: stored data name it. */
const KIND = "logging";

/** With what is kept beside what was put. */
interface StoredLogging extends BucketLoggingStatus {
  /** As gateways and shards go by it. */
  readonly destination?: LogDestination;
  /** When it was put first; to put the same again changes nothing. */
  readonly modifiedMs?: number;
}

/**
 * `?logging`: in which bucket a line tells of each request. Gateways write the lines, by `shard.flags`, and shards those of
 * what the lifecycle does; an empty one ends it.
 *
 * Errors: MalformedXML (both key formats), and as `checkLogTarget`.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html
 */
export const LOGGING = documentKind({
  subresource: "logging",
  kind: KIND,
  part: "shard",
  root: "BucketLoggingStatus",
  shape: BucketLoggingStatus,
  name: "BucketLogging",
  fresh: { LoggingEnabled: undefined },
  isVouchedFor: false,
  async check({ LoggingEnabled: enabled }, context): Promise<StoredLogging | undefined> {
    if (enabled === undefined) return undefined;
    const { SimplePrefix, PartitionedPrefix } = enabled.TargetObjectKeyFormat ?? {};
    if (SimplePrefix !== undefined && PartitionedPrefix !== undefined)
      throw new S3Error("MalformedXML");
    const { bucket, directory, settings } = context;
    const owner = ownerOf(bucket, settings.account);
    const destination = destinationOf(enabled, {
      bucket: bucket.name,
      region: regionOf(bucket.region),
      accountId: owner.id,
      ownerId: owner.canonicalId,
    });
    await checkLogTarget(context, bucket, enabled, destination);
    const stored = await directory.readDocument(bucket.id, KIND, "");
    const before = JSON.parse(stored?.body ?? "{}") as StoredLogging;
    const isSame = JSON.stringify(before.LoggingEnabled) === JSON.stringify(enabled);
    const modifiedMs = (isSame ? before.modifiedMs : undefined) ?? Date.now();
    return { LoggingEnabled: enabled, destination, modifiedMs };
  },
  answerHeaders: ({ modifiedMs }: StoredLogging): Readonly<Record<string, string>> =>
    modifiedMs === undefined ? {} : { "last-modified": formatHttpDate(modifiedMs) },
  flags: (document: StoredLogging | undefined) => ({ logging: document?.destination }),
});
