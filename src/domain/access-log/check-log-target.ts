import type { LogDestination } from "../../protocol/access-log/log-destination.ts";
import { logWriter } from "../../protocol/access-log/log-writer.ts";
import type { LoggingEnabled } from "../../protocol/access-log/logging-configuration.ts";
import { countsAcls } from "../../protocol/acl/ownership.ts";
import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import { regionOf } from "../../protocol/region.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { bucketFactsOf } from "../access/bucket-facts.ts";
import { Gate } from "../access/gate.ts";
import { internalRequest } from "../engines/write-internally.ts";
import type { BucketPorts } from "../ports.ts";

/** Of buckets there no error names the region. */
const FIRST_REGION = "us-east-1";

/**
 * Checks that the access log of a bucket can go where it is to go, by the target as it is now.
 *
 * @throws S3Error InvalidTargetBucketForLogging (there is none), CrossLocationLoggingProhibitted, AccessDenied (neither policy nor ACL
 *   lets the log be written), InvalidArgument (requesters pay; grants where no ACL counts)
 * Source: recorded from AWS by `TestS3BucketLogging` in
 *   https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.py
 */
export async function checkLogTarget(
  { buckets, settings }: Pick<BucketPorts, "buckets" | "settings">,
  source: BucketRecord,
  { TargetBucket: name, TargetGrants: grants }: LoggingEnabled,
  destination: LogDestination,
): Promise<void> {
  const target = await buckets.refresh(name);
  if (target === undefined)
    throw new S3Error("InvalidTargetBucketForLogging", { fields: { TargetBucket: name } });
  checkRegion(regionOf(source.region), regionOf(target.region));
  const facts = bucketFactsOf(target, settings);
  if (facts.isRequesterPays)
    throw invalidArgument(
      "The target bucket for logging must not be a requester pays bucket.",
      "TargetBucket",
      name,
    );
  if (!countsAcls(facts.ownership) && grants !== undefined && grants.Grant.length > 0)
    throw new S3Error("InvalidArgument", {
      message:
        "Bucket with ObjectOwnership set to BucketOwnerEnforced cannot have TargetGrants for logging.",
    });
  requireLogTarget({ settings }, target, destination);
}

/** @throws S3Error AccessDenied: neither policy nor ACL of the target lets the log be written */
export function requireLogTarget(
  { settings }: Pick<BucketPorts, "settings">,
  target: BucketRecord,
  destination: LogDestination,
): void {
  const { prefix } = destination;
  const key = `${prefix}2026-01-01-00-00-00-0000000000000000`;
  const request = internalRequest(target.name, key, {});
  const asked = { caller: logWriter(destination), request, settings };
  const check = { action: "s3:PutObject", on: "object", alsoKey: prefix } as const;
  new Gate(asked, target, { checks: [check], on: "bucket" }).decide(target);
}

function checkRegion(source: string, target: string): void {
  if (source === target) return;
  throw new S3Error("CrossLocationLoggingProhibitted", {
    fields: {
      TargetBucketLocation: target,
      ...(source !== FIRST_REGION && { SourceBucketLocation: source }),
    },
  });
}
