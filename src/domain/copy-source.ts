import type { Account } from "../protocol/owner.ts";
import type { CopySource } from "../protocol/copy-source.ts";
import { S3Error } from "../protocol/errors.ts";
import type { StoredObject } from "../protocol/object-record.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import { type BucketIndex, StaleBucketError } from "../storage/ports/bucket-index.ts";
import type { ContentWanted } from "../storage/ports/content-index.ts";
import { requireObject } from "./found-object.ts";
import { noSuchBucket, requireOwner } from "./bucket-access.ts";
import type { Ports } from "./ports.ts";

type SourcePorts = Pick<Ports, "buckets" | "indexOf"> & { readonly caller: Account };

export interface SourceObject {
  readonly bucketId: string;
  /** Of its bucket. */
  readonly index: BucketIndex;
  readonly record: StoredObject;
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
  { caller, indexOf }: SourcePorts,
  bucket: BucketRecord | undefined,
  { bucket: name, key, keyWithSpaces, versionId }: CopySource,
  anyVersion: ContentWanted,
): Promise<SourceObject | "stale"> {
  if (bucket === undefined) throw noSuchBucket(name);
  requireOwner(caller, bucket);
  const index = indexOf(bucket);
  const wanted = { ...anyVersion, versionId };
  try {
    let found = await index.readContent(key, wanted);
    if (found === undefined && keyWithSpaces !== undefined)
      found = await index.readContent(keyWithSpaces, wanted);
    if (found?.kind === "marker" && versionId !== undefined) throw copiesMarker();
    return { bucketId: bucket.id, index, record: requireObject(found, key, versionId) };
  } catch (error) {
    if (error instanceof StaleBucketError) return "stale";
    throw error;
  }
}

function copiesMarker(): S3Error {
  const message =
    "The source of a copy request may not specifically refer to a delete marker by version id.";
  return new S3Error("InvalidRequest", { message });
}
