import type { CopySource } from "../protocol/copy-source.ts";
import { S3Error } from "../protocol/errors.ts";
import { checkExpectedBucketOwner } from "../protocol/owner.ts";
import type { StoredObject } from "../protocol/object-record.ts";
import type { Decision } from "../storage/clients/bucket-index-client.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import { type BucketIndex, StaleBucketError } from "../storage/ports/bucket-index.ts";
import type { ContentWanted } from "../storage/ports/content-index.ts";
import { requireObject } from "./found-object.ts";
import { Gate, isPlainOwner } from "./access/gate.ts";
import { type Asked, versionAction } from "./access/request-facts.ts";
import { noSuchBucket, ownerOf } from "./bucket-owner.ts";
import type { Ports } from "./ports.ts";

type SourcePorts = Pick<Ports, "buckets" | "indexOf" | "settings"> & Asked;

export interface SourceObject {
  readonly bucketId: string;
  /** Of its bucket. */
  readonly index: BucketIndex;
  /** Undefined: the caller may do everything with its bucket. */
  readonly gate: Gate | undefined;
  readonly record: StoredObject;
  /** As it was asked for. */
  readonly versionId: string | undefined;
}

/**
 * Reads the source of a copy, in a bucket that need not be the request's own. A remembered bucket that is gone is looked up
 * once more here: outside, a StaleBucketError is about the destination.
 *
 * @throws S3Error NoSuchBucket, AccessDenied, NoSuchKey, NoSuchVersion, InvalidRequest (a delete marker by its id),
 * SlowDown (the bucket changes faster than it is looked up)
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
  const { request, settings } = ports;
  const { id: ownerId } = ownerOf(bucket, settings.account);
  checkExpectedBucketOwner(request.headers, ownerId, "x-amz-source-expected-bucket-owner");
  const { key, keyWithSpaces, versionId } = source;
  const wanted = { ...anyVersion, versionId };
  try {
    let asked = ask(ports, bucket, source, key);
    let found = await asked.index.readContent(key, wanted);
    if (found === undefined && keyWithSpaces !== undefined) {
      asked = ask(ports, bucket, source, keyWithSpaces);
      found = await asked.index.readContent(keyWithSpaces, wanted);
    }
    const { index, gate } = asked;
    gate?.screen(found, versionId !== undefined);
    if (found?.kind === "marker" && versionId !== undefined) throw copiesMarker();
    const record = requireObject(found, key, versionId);
    return { bucketId: bucket.id, index, gate, versionId, record };
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
export function requireCopyOf(
  what: "Tagging" | "Annotation",
  destination: { readonly gate: Gate | undefined },
  { gate, record, versionId }: SourceObject,
): void {
  gate?.require({ action: versionAction(`GetObject${what}`, versionId), on: "object" });
  gate?.decideOn(record);
  destination.gate?.require({ action: `s3:PutObject${what}`, on: "object" });
}

/**
 * Decides by the rules of the source's bucket whether the caller may read the source.
 *
 * @throws S3Error AccessDenied
 */
function ask(
  ports: SourcePorts,
  bucket: BucketRecord,
  { versionId }: CopySource,
  key: string,
): { readonly index: BucketIndex; readonly gate: Gate | undefined } {
  const gate = isPlainOwner(ports.caller, bucket)
    ? undefined
    : new Gate(readerOf(ports, bucket, key, versionId), bucket, {
        checks: [{ action: versionAction("GetObject", versionId), on: "object" }],
        on: "object",
      });
  const decideAgain: Decision = (known) => {
    if (gate !== undefined) gate.decide(known);
    else if (!isPlainOwner(ports.caller, known)) throw new StaleBucketError();
  };
  return { gate, index: ports.indexOf(bucket, [decideAgain]) };
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
