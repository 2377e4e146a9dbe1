import type { Caller } from "../../protocol/caller.ts";
import type { EdgeDocument } from "../../protocol/edge/edge-document.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { Ports } from "../ports.ts";
import { confirmedRecord } from "./confirmed-record.ts";
import { publicReadOf } from "./public-read.ts";
import { isPlainRead, readPublicly } from "./read-publicly.ts";

/** So long may a bucket's configuration be over and still count, at most: or as long as what the cache has, if that is less. */
const MAX_RECORD_AGE_MS = 60_000;

type Context = Pick<Ports, "buckets" | "indexOf" | "publicLane" | "settings"> & {
  readonly caller: Caller;
  readonly request: S3Request;
};

/**
 * Reads an object of a bucket with a public lane by that, if the request is one that everybody may make, and that everybody is
 * answered alike.
 *
 * @returns `bucket` itself: the request is to go on as any; another record: the bucket has changed
 * @throws S3Error NoSuchKey, AccessDenied; StaleBucketError when the bucket is gone
 */
export async function readAtEdge(
  context: Context,
  bucket: BucketRecord,
  { maxAgeSeconds }: EdgeDocument,
): Promise<Response | BucketRecord> {
  const { publicLane: lane, caller, request, settings } = context;
  const { key } = request;
  if (lane === undefined || key === undefined) return bucket;
  if (caller.kind !== "anonymous" || !isPlainRead(request)) return bucket;
  const publicRead = publicReadOf(bucket, key, settings);
  if (publicRead === undefined) return bucket;
  const ports = { ...context, waitUntil: (later: Promise<unknown>) => lane.waitUntil(later) };
  const maxAgeMs = Math.min(maxAgeSeconds * 1000, MAX_RECORD_AGE_MS);
  const confirmed = await confirmedRecord(ports, bucket, key, maxAgeMs);
  if (confirmed !== bucket) return confirmed;
  return (await readPublicly(lane, { bucket, key, request, publicRead })) ?? bucket;
}
