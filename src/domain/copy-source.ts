import type { CopySource } from "../protocol/copy-source.ts";
import { parseCustomerKey } from "../protocol/encryption/customer-key.ts";
import { S3Error } from "../protocol/errors.ts";
import { checkExpectedBucketOwner } from "../protocol/owner.ts";
import type { StoredObject } from "../protocol/object-record.ts";
import type { Decision } from "../storage/ports/decision.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import { type BucketIndex, StaleBucketError } from "../storage/ports/bucket-index.ts";
import { type ContentWanted, WANTS_HEADERS } from "../storage/ports/content-index.ts";
import type { ObjectKey } from "./encryption/object-key.ts";
import { openEncryption } from "./encryption/open-encryption.ts";
import { requireObject } from "./found-object.ts";
import { Gate, isPlainOwner } from "./access/gate.ts";
import { newestHeardOf } from "./access/heard-of.ts";
import { type Asked, versionAction } from "./access/request-facts.ts";
import { noteAlso } from "./access-log/access-notes.ts";
import { noSuchBucket, ownerOf } from "./bucket-owner.ts";
import type { BucketPorts, Ports } from "./ports.ts";

type SourcePorts = Pick<Ports, "buckets" | "indexOf" | "keys" | "notes" | "settings"> & Asked;

export interface SourceObject {
  readonly bucketId: string;
  /** Of its bucket. */
  readonly index: BucketIndex;
  /** Undefined: the caller may do everything with its bucket. */
  readonly gate: Gate | undefined;
  readonly record: StoredObject;
  /** Undefined: it is not encrypted. */
  readonly objectKey: ObjectKey | undefined;
  /** As it was asked for. */
  readonly versionId: string | undefined;
}

/**
 * Reads the source of a copy, in a bucket that need not be the request's own. A remembered bucket that is gone is looked up
 * once more here: outside, a StaleBucketError is about the destination.
 *
 * @throws S3Error NoSuchBucket, AccessDenied, NoSuchKey, NoSuchVersion, InvalidRequest (a delete marker by its id),
 * SlowDown (the bucket changes faster than it is looked up), and as {@link openEncryption}
 */
export async function readSource(
  ports: SourcePorts,
  source: CopySource,
  wanted: ContentWanted,
): Promise<SourceObject> {
  const { buckets } = ports;
  const remembered = await buckets.find(source.bucket);
  const found = await readIn(ports, remembered, source, wanted);
  if (found !== "stale") return found;
  const current = await buckets.refresh(source.bucket);
  const again = await readIn(ports, current, source, wanted);
  if (again !== "stale") return again;
  throw new S3Error("SlowDown");
}

async function readIn(
  ports: SourcePorts,
  bucket: BucketRecord | undefined,
  source: CopySource,
  anyVersion: ContentWanted,
): Promise<SourceObject | "stale"> {
  if (bucket === undefined) throw noSuchBucket(source.bucket);
  const { request, keys, settings } = ports;
  const { id: ownerId } = ownerOf(bucket, settings.account);
  checkExpectedBucketOwner(request.headers, ownerId, "x-amz-source-expected-bucket-owner");
  const { key, keyWithSpaces, versionId } = source;
  const wanted = { ...anyVersion, versionId };
  try {
    let asked = await ask(ports, bucket, source, key);
    let found = await asked.index.readContent(key, wanted);
    if (found === undefined && keyWithSpaces !== undefined) {
      asked = await ask(ports, bucket, source, keyWithSpaces);
      found = await asked.index.readContent(keyWithSpaces, wanted);
    }
    const { index, gate } = asked;
    gate?.screen(found, versionId !== undefined);
    if (found?.kind === "marker" && versionId !== undefined) throw copiesMarker();
    const record = requireObject(found, key, versionId);
    const { sizeBytes: objectSizeBytes } = record;
    ports.notes.objectSizeBytes = objectSizeBytes;
    noteAlso(ports.notes, bucket, () => {
      const isPart = request.query.has("partNumber");
      const operation = isPart ? "REST.COPY.PART_GET" : "REST.COPY.OBJECT_GET";
      return { operation, key: record.key, versionId, objectSizeBytes, status: 200 };
    });
    const customerKey = parseCustomerKey(
      request.headers,
      "x-amz-copy-source-server-side-encryption-",
    );
    const keyPorts = { caller: ports.caller, keys, settings, bucket };
    const objectKey = await openEncryption(keyPorts, record.encryption, customerKey);
    return { bucketId: bucket.id, index, gate, versionId, record, objectKey };
  } catch (error) {
    if (error instanceof StaleBucketError) return "stale";
    throw error;
  }
}

/**
 * What comes along with a copy needs permissions of its own, on both sides.
 *
 * @param what as actions call it
 * @throws S3Error AccessDenied
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export async function requireCopyOf(
  what: "Tagging" | "Annotation",
  destination: Pick<BucketPorts, "gate" | "index"> & { readonly key: string },
  { gate, record, versionId }: SourceObject,
): Promise<void> {
  gate?.require({ action: versionAction(`GetObject${what}`, versionId), on: "object" });
  gate?.decideOn(record);
  const put = { action: `s3:PutObject${what}`, on: "object" } as const;
  try {
    destination.gate?.require(put);
  } catch {
    // By a record that may be old: a shard that has heard of a newer one has the gate decide by that.
    await destination.index.read(destination.key, WANTS_HEADERS);
    destination.gate?.require(put);
  }
}

/**
 * Decides by the rules of the source's bucket whether the caller may read the source.
 *
 * @throws S3Error AccessDenied
 */
async function ask(
  ports: SourcePorts,
  bucket: BucketRecord,
  source: CopySource,
  key: string,
): Promise<{ readonly index: BucketIndex; readonly gate: Gate | undefined }> {
  let gate: Gate | undefined;
  try {
    gate = openGate(ports, bucket, source, key);
  } catch (refusal) {
    const newest = await newestHeardOf(ports, bucket, key);
    if (newest === bucket) throw refusal;
    return ask(ports, newest, source, key);
  }
  const decideAgain: Decision = (known, object) => {
    if (object !== undefined) {
      // With a gate, what is read is screened anyway.
      if (gate === undefined) gateOf(ports, known, source, key).decideOn(object);
    } else if (gate !== undefined) gate.decide(known);
    else if (!isPlainOwner(ports.caller, known)) throw new StaleBucketError();
  };
  return { gate, index: ports.indexOf(bucket, [decideAgain]) };
}

/** @returns undefined: the caller may do everything with the bucket */
function openGate(
  ports: SourcePorts,
  bucket: BucketRecord,
  source: CopySource,
  key: string,
): Gate | undefined {
  return isPlainOwner(ports.caller, bucket) ? undefined : gateOf(ports, bucket, source, key);
}

function gateOf(
  ports: SourcePorts,
  bucket: BucketRecord,
  { versionId }: CopySource,
  key: string,
): Gate {
  return new Gate(readerOf(ports, bucket, key, versionId), bucket, {
    checks: [{ action: versionAction("GetObject", versionId), on: "object" }],
    on: "object",
  });
}

/** The copy as a request for its source. */
function readerOf(
  { caller, request, settings }: SourcePorts,
  { name }: BucketRecord,
  key: string,
  versionId: string | undefined,
): Asked {
  const query = new URLSearchParams(request.query);
  query.delete("versionId");
  if (versionId !== undefined) query.set("versionId", versionId);
  return { caller, settings, request: { ...request, bucket: name, key, query } };
}

function copiesMarker(): S3Error {
  const message =
    "The source of a copy request may not specifically refer to a delete marker by version id.";
  return new S3Error("InvalidRequest", { message });
}
