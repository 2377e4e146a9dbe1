import { S3Error } from "../../protocol/errors.ts";
import type { StoredObject } from "../../protocol/object-record.ts";
import { type KeyRefusal, refusalError } from "../../protocol/refusal.ts";
import { NO_CONDITIONS } from "../../protocol/write-conditions.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import { WANTS_REFERENCE } from "../../storage/ports/content-index.ts";
import type { ReplicatedVersion } from "../../storage/ports/replication.ts";
import type { Check } from "../access/checks.ts";
import { copyContent } from "../copy-object.ts";
import type { SourceObject } from "../copy-source.ts";
import type { Ports } from "../ports.ts";
import { actInBucket, type InternalCaller, type InternalContext } from "./act-in-bucket.ts";
import { replicateAnnotations } from "./replicate-annotations.ts";
import {
  accessOfReplica,
  attributesOfReplica,
  encryptionHeadersOf,
  encryptionOfReplica,
  openSource,
} from "./replica-of.ts";
import type { Source } from "./replicate-versions.ts";
import { internalRequest } from "./write-internally.ts";

/** A destination in this deployment. */
export interface InsideDestination {
  readonly source: Source;
  readonly name: string;
  readonly ownerId: string;
  readonly caller: InternalCaller;
}

/** The index has not taken a replica. */
class ReplicaRefused extends Error {
  readonly refusal: KeyRefusal;

  constructor(refusal: KeyRefusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

/** The version was removed where it was. */
class SourceRemoved extends Error {}

/**
 * Brings a version to another bucket of this deployment, where it gets the same id, and moves no byte. Whatever was done of it before is
 * done already: it may be called again.
 *
 * @throws S3Error NoSuchBucket, AccessDenied (also where the bucket is another account's by now), InvalidBucketState (it has no versions),
 *   InvalidRequest (another object is in the way of one without a version id), SlowDown, and as `openEncryption`
 */
export async function replicateInside(
  ports: Ports,
  { source, name, ownerId, caller }: InsideDestination,
  version: ReplicatedVersion,
): Promise<void> {
  const { key, object } = version;
  const request = internalRequest(name, key, encryptionHeadersOf(version));
  const access = { caller, request, checks: checksOf(version), operation: "" };
  await actInBucket(ports, access, async (context) => {
    if (context.bucket.ownerId !== ownerId) throw new S3Error("AccessDenied");
    // Whether there are locks, whose ACLs count, and how it is encrypted follows from the bucket: all of it anew from a newer record.
    context.decisions.push((known) => {
      if (known !== context.bucket) throw new StaleBucketError();
    });
    if (object === undefined) await replicateMarker(context, version);
    else if (version.isChange) await replicateChange(context, source, version, object);
    else await replicateObject(context, source, version, object);
  });
}

/** As policies of other accounts name what is done. */
function checksOf({ object, destination, isChange, hasAnnotations }: ReplicatedVersion): Check[] {
  const action = (name: string): Check => ({ action: `s3:${name}`, on: "object" });
  if (object === undefined) return [action("ReplicateDelete")];
  const hasTags = object.attributes.tags.length > 0 || isChange;
  return [
    action("ReplicateObject"),
    ...(hasTags ? [action("ReplicateTags")] : []),
    ...(hasAnnotations || (object.annotationCount ?? 0) > 0
      ? [action("ReplicateObjectAnnotation")]
      : []),
    ...(destination.AccessControlTranslation === undefined
      ? []
      : [action("ObjectOwnerOverrideToBucketOwner")]),
  ];
}

async function replicateMarker(
  { index }: InternalContext,
  { key, versionId, newer }: ReplicatedVersion,
): Promise<void> {
  const outcome = await index.remove({
    key,
    versionId: undefined,
    conditions: NO_CONDITIONS,
    bypassesGovernance: false,
    replica: { versionId, newer },
  });
  if (!outcome.ok && outcome.reason !== "VersionExists") throw refusalError(outcome, { key });
}

async function replicateObject(
  context: InternalContext,
  source: Source,
  version: ReplicatedVersion,
  first: StoredObject,
): Promise<void> {
  const { key, versionId, newer, destination } = version;
  const access = accessOfReplica(context, source, version, first);
  try {
    await copyContent(
      context,
      {
        key,
        readSource: sourceReader(context, source, version, first),
        storageClass: destination.StorageClass ?? first.storageClass,
        headersOf: (headers) => headers,
        attributesOf: (attributes) => attributesOfReplica(context.bucket, attributes),
        access,
        encryption: await encryptionOfReplica(context, source, first),
        checksumAlgorithm: undefined,
        conditions: NO_CONDITIONS,
        replica: { versionId, newer },
      },
      (refusal) => new ReplicaRefused(refusal),
    );
  } catch (error) {
    if (error instanceof SourceRemoved) return;
    if (!(error instanceof ReplicaRefused)) throw error;
    if (error.refusal.reason !== "VersionExists") throw refusalError(error.refusal, { key });
    await replicateChange(context, source, version, first);
  }
}

/** The first time as the shard has sent it; then as it is. */
function sourceReader(
  context: InternalContext,
  { bucket, owner }: Source,
  { key, versionId }: ReplicatedVersion,
  first: StoredObject,
): () => Promise<SourceObject> {
  const index = context.indexOf(bucket);
  let sent: StoredObject | undefined = first;
  return async () => {
    const wanted = { ...WANTS_REFERENCE, versionId, annotations: true };
    const record = sent ?? (await index.readContent(key, wanted));
    sent = undefined;
    if (record?.kind !== "object") throw new SourceRemoved();
    const objectKey = await openSource(context, { bucket, owner }, record);
    return { bucketId: bucket.id, index, gate: undefined, record, objectKey, versionId };
  };
}

/** What has been replicated already becomes as it is in the source; what was removed there since stays removed. */
async function replicateChange(
  context: InternalContext,
  source: Source,
  version: ReplicatedVersion,
  object: StoredObject,
): Promise<void> {
  const { index, bucket } = context;
  const { key, versionId } = version;
  const outcome = await index.change(key, versionId, {
    kind: "replica",
    attributes: attributesOfReplica(bucket, object.attributes),
    access: accessOfReplica(context, source, version, object),
    what: version.what,
  });
  if (!outcome.ok) {
    if (REMOVED.has(outcome.reason)) return;
    throw new S3Error(outcome.reason === "AccessDenied" ? outcome.reason : "SlowDown");
  }
  const from = context.indexOf(source.bucket);
  // Whoever died between a replica and its annotations has left it without them.
  const isSure = version.isChange && version.what !== undefined;
  const mayDiffer = !isSure && (object.annotationCount ?? 0) > 0;
  if (version.hasAnnotations || mayDiffer)
    await replicateAnnotations({ index: from, record: object }, { index, key, versionId });
}

const REMOVED: ReadonlySet<string> = new Set(["NoSuchKey", "NoSuchVersion", "MethodNotAllowed"]);
