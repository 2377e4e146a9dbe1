import { requirePassRole } from "../../domain/access/pass-role.ts";
import { findDestinations } from "../../domain/replication-destinations.ts";
import { S3Error } from "../../protocol/errors.ts";
import { regionOf } from "../../protocol/region.ts";
import { checkReplication } from "../../protocol/replication/check-replication.ts";
import {
  ReplicationConfiguration,
  type ReplicationDocument,
} from "../../protocol/replication/replication-configuration.ts";
import { documentKind } from "./stored-document.ts";

/** A row of the index has 2 MB, in which the other documents of the shard have to fit, too. */
const MAX_STORED_BYTES = 400_000;

/**
 * `?replication`: to which other buckets versions go, and which of them. Shards do it, by their outboxes.
 *
 * Errors: ReplicationConfigurationNotFoundError, InvalidRequest (no versioning, here or there; what rules may not say together),
 *   InvalidArgument, AccessDenied (`iam:PassRole`).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
 */
export const REPLICATION = documentKind({
  subresource: "replication",
  kind: "replication",
  part: "shard",
  root: "ReplicationConfiguration",
  shape: ReplicationConfiguration,
  name: "BucketReplication",
  action: "ReplicationConfiguration",
  fresh: "ReplicationConfigurationNotFoundError",
  isVouchedFor: true,
  async check(document, context) {
    const checked = checkReplication(document);
    const { bucket } = context;
    if (bucket.shard.flags.versioning !== "Enabled")
      throw new S3Error("InvalidRequest", {
        message: "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
      });
    requirePassRole(context, checked.Role);
    const owners = await findDestinations(context, bucket, checked);
    const { name, region, ownerId } = bucket;
    const told: ReplicationDocument = {
      ...checked,
      // Shards do not know their bucket's name.
      bucket: { name, region: regionOf(region), ownerId },
      owners,
    };
    if (Buffer.byteLength(JSON.stringify(told)) > MAX_STORED_BYTES)
      throw new S3Error("MalformedXML");
    return told;
  },
  flags: (document) => ({ hasReplication: document !== undefined }),
});
