import { bucketFactsOf } from "../../domain/access/bucket-facts.ts";
import { readDocument } from "../../domain/body/read-document.ts";
import { newBucketChecks } from "../../domain/access/extra-checks.ts";
import { requireAllowed } from "../../domain/access/gate.ts";
import { accountOf } from "../../domain/bucket-owner.ts";
import { checkSignedRegion } from "../../domain/signed-region.ts";
import { ulid } from "../../lib/ulid.ts";
import { object, optional, text } from "../../lib/xml-shape.ts";
import { bucketArn, checkNewBucketName } from "../../protocol/bucket-name.ts";
import { AWS_ENCRYPTION } from "../../protocol/encryption/bucket-encryption.ts";
import { S3Error } from "../../protocol/errors.ts";
import { parseLockEnabled } from "../../protocol/object-lock.ts";
import { readXml } from "../../protocol/read-xml.ts";
import { REFUSED_OF_NEW_BUCKETS } from "../../protocol/refused-headers.ts";
import { regionOf } from "../../protocol/region.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import { taggingOf, tagSetOf, TagSetShape } from "../../protocol/tags.ts";
import type { BucketRecord, StoredDocument } from "../../storage/ports/bucket-directory.ts";
import { ACL_DOCUMENT } from "../bucket-config/acl.ts";
import { ENCRYPTION_DOCUMENT } from "../bucket-config/encryption.ts";
import { OBJECT_LOCK } from "../bucket-config/object-lock.ts";
import { storedAs } from "../bucket-config/stored-document.ts";
import { TAGGING } from "../bucket-config/tagging.ts";
import { VERSIONING } from "../bucket-config/versioning.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";
import { type NewBucketAccess, readNewBucketAccess } from "./new-bucket-access.ts";

const CREATE = { action: "s3:CreateBucket", on: "bucket" } as const;

/** S3's first region: to make a bucket of one's own there once more has always been a success. */
const CLASSIC_REGION = "us-east-1";

const CreateBucketConfiguration = object({
  LocationConstraint: optional(text),
  Location: optional(object({ Name: optional(text), Type: optional(text) })),
  Bucket: optional(object({ DataRedundancy: optional(text), Type: optional(text) })),
  Tags: optional(TagSetShape),
});

/**
 * `PUT /{bucket}`: makes a bucket. Any LocationConstraint that could be a region is kept and echoed; without one it is
 * the configured region.
 * `x-amz-bucket-object-lock-enabled` gives it Object Lock, and versions with it. Who may do what with it: `readNewBucketAccess`.
 *
 * Errors: InvalidBucketName, InvalidLocationConstraint, InvalidTag, BucketAlreadyExists (another's, or one's own with another
 * ACL), BucketAlreadyOwnedByYou (not in us-east-1, where it is a success, unless tags, a lock, or another ownership are asked for),
 * MalformedXML, NotImplemented (directory buckets), and those of `readNewBucketAccess`.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
export const createBucket: AccountOperation = {
  name: "CreateBucket",
  scope: "account",
  access: ({ headers }) => [CREATE, ...newBucketChecks(headers, false)],
  decidesByDocument: true,
  refuses: REFUSED_OF_NEW_BUCKETS,
  async handle(context) {
    const { request, caller, settings, directory, buckets, indexOf, signedRegion } = context;
    const name = request.bucket ?? "";
    const owner = accountOf(caller);
    checkNewBucketName(name);
    const asked = await readConfiguration(context);
    decideOn(asked, context);
    const access = await readNewBucketAccess(context, owner);
    const gatewayDocuments = [
      ...access.documents,
      ...(settings.newBuckets === "aws" ? [storedAs(ENCRYPTION_DOCUMENT, AWS_ENCRYPTION)] : []),
    ];
    const region = asked.locationConstraint ?? settings.region;
    checkSignedRegion(signedRegion, regionOf(region), settings.region);

    const now = Date.now();
    const made = {
      id: ulid(now),
      name,
      region,
      ownerId: owner.canonicalId,
      ...(owner.canonicalId !== settings.account.canonicalId && {
        owner: { id: owner.id, displayName: owner.displayName },
      }),
      shardCount: settings.indexShards,
      createdMs: now,
      gateway: gatewayPartOf(gatewayDocuments),
      shard: shardPartOf(asked),
    };
    const outcome = await directory.create(made, [...documentsOf(asked), ...gatewayDocuments]);
    // Its root has made this request with a key that is gone, too.
    if (outcome === undefined) throw new S3Error("InvalidAccessKeyId");
    const { bucket, isNew, shardPart } = outcome;
    if (isNew) {
      await indexOf(bucket).configure(shardPart);
      buckets.update(bucket);
    } else if (bucket.ownerId !== owner.canonicalId) {
      throw new S3Error("BucketAlreadyExists", { fields: { BucketName: name } });
    } else if (bucket.gateway.documents[ACL_DOCUMENT.kind] !== access.acl) {
      throw new S3Error("BucketAlreadyExists", { fields: { BucketName: name } });
    } else if (
      bucket.region !== CLASSIC_REGION ||
      region !== CLASSIC_REGION ||
      wouldChange(bucket, asked) ||
      changesOwnership(context, bucket, access)
    ) {
      throw new S3Error("BucketAlreadyOwnedByYou", { fields: { BucketName: name } });
    }
    return emptyResponse(200, {
      location: locationOf(context, asked.locationConstraint),
      "x-amz-bucket-arn": bucketArn(name),
    });
  },
};

/** A path; with a LocationConstraint AWS answers the bucket's own address, which Ledge has under a suffix only. */
function locationOf(
  { request: { origin, bucket = "" }, settings: { virtualHostSuffix } }: AccountContext,
  locationConstraint: string | undefined,
): string {
  if (locationConstraint === undefined || virtualHostSuffix === undefined) return `/${bucket}`;
  const scheme = origin.slice(0, origin.indexOf(":"));
  const port = /:\d+$/.exec(origin)?.[0] ?? "";
  return `${scheme}://${bucket}.${virtualHostSuffix}${port}/`;
}

/** Root may do everything in its account; for others, tags count, and where the bucket is to be. */
function decideOn({ tags, locationConstraint }: Asked, context: AccountContext): void {
  if (context.caller.kind === "root") return;
  const bucketTags = tags.length > 0 ? tags : undefined;
  const checks = [CREATE, ...newBucketChecks(context.request.headers, tags.length > 0)];
  requireAllowed(context, checks, { bucketTags, locationConstraint });
}

interface Asked {
  readonly locationConstraint: string | undefined;
  readonly tags: TagSet;
  readonly hasObjectLock: boolean;
}

function documentsOf({ tags, hasObjectLock }: Asked): readonly StoredDocument[] {
  const locked = [
    storedAs(VERSIONING, { Status: "Enabled", MfaDelete: undefined, MFADelete: undefined }),
    storedAs(OBJECT_LOCK, { ObjectLockEnabled: "Enabled", Rule: undefined }),
  ];
  return [
    ...(hasObjectLock ? locked : []),
    ...(tags.length > 0 ? [storedAs(TAGGING, taggingOf(tags))] : []),
  ];
}

/** A bucket without such documents is at revision 0. */
function gatewayPartOf(documents: readonly StoredDocument[]): BucketRecord["gateway"] {
  return {
    revision: Math.min(documents.length, 1),
    documents: Object.fromEntries(documents.map(({ kind, body }) => [kind, body])),
  };
}

/** Shards begin at revision 0, with no documents. */
function shardPartOf({ hasObjectLock }: Asked): BucketRecord["shard"] {
  if (!hasObjectLock) return { revision: 0, flags: {} };
  return { revision: 1, flags: { versioning: "Enabled", hasLock: true } };
}

/** What was asked for is not what the bucket is; AWS does not compare the tags. */
function wouldChange({ shard }: BucketRecord, { tags, hasObjectLock }: Asked): boolean {
  return tags.length > 0 || (hasObjectLock && shard.flags.hasLock !== true);
}

function changesOwnership(
  { settings }: AccountContext,
  bucket: BucketRecord,
  { ownership }: NewBucketAccess,
): boolean {
  if (ownership === undefined) return false;
  return bucketFactsOf(bucket, settings).ownership !== ownership;
}

async function readConfiguration(context: AccountContext): Promise<Asked> {
  const hasObjectLock = parseLockEnabled(context.request.headers);
  const document = await readDocument(context);
  if (document.byteLength === 0) return { locationConstraint: undefined, tags: [], hasObjectLock };
  const { LocationConstraint, Location, Bucket, Tags } = readXml(
    document,
    "CreateBucketConfiguration",
    CreateBucketConfiguration,
  );
  if (Location !== undefined || Bucket !== undefined)
    throw new S3Error("NotImplemented", { message: "Directory buckets are not implemented" });
  return {
    locationConstraint: checkLocation(LocationConstraint),
    tags: tagSetOf(Tags?.Tag ?? [], "new bucket"),
    hasObjectLock,
  };
}

function checkLocation(LocationConstraint: string | undefined): string | undefined {
  if (LocationConstraint === undefined) return undefined;
  if (!/^[A-Za-z0-9-]{1,64}$/.test(LocationConstraint)) {
    throw new S3Error("InvalidLocationConstraint", { fields: { LocationConstraint } });
  }
  return LocationConstraint;
}
