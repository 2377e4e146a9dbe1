import { S3Error } from "../protocol/errors.ts";
import type {
  ReplicationConfiguration,
  ReplicationDocument,
} from "../protocol/replication/replication-configuration.ts";
import {
  ANY_ACCOUNT,
  type ReplicationTarget,
} from "../protocol/replication/replication-targets.ts";
import type { Account } from "../protocol/owner.ts";
import type { Settings } from "../env.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import { ownerOf } from "./bucket-owner.ts";
import type { BucketPorts } from "./ports.ts";

/** Each version costs a row for each, and each is looked for when the document is put. */
const MAX_DESTINATIONS = 50;

const BUCKET_ARN = /^arn:aws[a-z-]{0,20}:s3:::([A-Za-z0-9._-]{3,255})$/;

/** The name of the bucket that an ARN names; undefined: it is no bucket's. */
export function bucketOfArn(arn: string): string | undefined {
  return BUCKET_ARN.exec(arn)?.[1];
}

/**
 * May this account's buckets go to a declared target? Its credentials are the deployment's, and whoever may use them could write over what
 * others have there.
 */
export function mayUse(
  { accounts }: ReplicationTarget,
  owner: Account,
  { account }: Pick<Settings, "account">,
): boolean {
  const allowed = accounts ?? [account.id];
  return allowed.includes(ANY_ACCOUNT) || allowed.includes(owner.id);
}

/**
 * Looks for the destinations of rules, and whose they are; what is no bucket of this deployment may be one that it declares. Those of disabled rules are looked for as well, as AWS does.
 *
 * @throws S3Error InvalidRequest: one is the bucket itself, or is none that has versions, or another account's than its rule says;
 *   there are too many
 */
export async function findDestinations(
  { directory, findTarget, settings }: Pick<BucketPorts, "directory" | "findTarget" | "settings">,
  source: BucketRecord,
  { Rule: rules }: ReplicationConfiguration,
): Promise<ReplicationDocument["owners"]> {
  const owners: Record<string, string> = {};
  const sourceOwner = ownerOf(source, settings.account);
  const byDestination = Map.groupBy(rules, ({ Destination }) => Destination.Bucket);
  if (byDestination.size > MAX_DESTINATIONS)
    throw invalidRequest(`The rules have more than ${MAX_DESTINATIONS} destinations.`);
  for (const [arn, ofOne] of byDestination) {
    const name = bucketOfArn(arn);
    // What the deployment declares is that, whoever makes a bucket of its name.
    const target = await findTarget(arn);
    if (target !== undefined && mayUse(target, sourceOwner, settings)) continue;
    if (name === source.name)
      throw invalidRequest("Destination bucket cannot be the same as the source bucket.");
    const bucket = name === undefined ? undefined : await directory.find(name);
    if (bucket?.shard.flags.versioning !== "Enabled")
      throw invalidRequest("Destination bucket must have versioning enabled.");
    const { id } = ownerOf(bucket, settings.account);
    for (const { Destination } of ofOne)
      if (Destination.Account !== undefined && Destination.Account !== id)
        throw invalidRequest("The account must be the one that owns the destination bucket.");
    owners[arn] = bucket.ownerId;
  }
  return owners;
}

function invalidRequest(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
