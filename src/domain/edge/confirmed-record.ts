import { log } from "../../lib/log.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import { newestHeardOf } from "../access/heard-of.ts";
import type { Ports } from "../ports.ts";

/** Of a bucket's record: no configuration that was answered before this time is newer. */
interface Confirmation {
  readonly asOfMs: number;
  /** When it was last asked again in the background. */
  askedMs: number;
}

/** A record does not change. The next one of the bucket is not confirmed until it was asked for. */
const confirmations = new WeakMap<BucketRecord, Confirmation>();

/** A question in the background that was lost is asked again after so long. */
const PATIENCE_MS = 1000;

type Needed = Pick<Ports, "buckets" | "indexOf"> & {
  readonly waitUntil: (promise: Promise<unknown>) => void;
};

/**
 * The bucket as it was at most so long ago. What the cache answers asks no shard, so that nothing would tell an isolate that its
 * record is old. One shard is asked for it when there is no other way, and in the background when half of the time is over.
 *
 * @param key of the request, whose shard is asked
 * @returns `bucket` itself, if there is no newer
 * @throws StaleBucketError when the bucket is gone
 */
export async function confirmedRecord(
  ports: Needed,
  bucket: BucketRecord,
  key: string,
  maxAgeMs: number,
): Promise<BucketRecord> {
  const known = confirmations.get(bucket);
  const nowMs = Date.now();
  const ageMs = known === undefined ? Infinity : nowMs - known.asOfMs;
  // A clock that was put back tells no age.
  if (known === undefined || ageMs < 0 || ageMs >= maxAgeMs) return confirm(ports, bucket, key);
  if (ageMs >= maxAgeMs / 2 && Math.abs(nowMs - known.askedMs) >= PATIENCE_MS) {
    known.askedMs = nowMs;
    ports.waitUntil(confirmLater(ports, bucket, key));
  }
  return bucket;
}

async function confirm(ports: Needed, bucket: BucketRecord, key: string): Promise<BucketRecord> {
  const asOfMs = Date.now();
  const newest = await newestHeardOf(ports, bucket, key);
  confirmations.set(newest, { asOfMs, askedMs: asOfMs });
  return newest;
}

/** What fails is asked again, in the foreground at last. */
async function confirmLater(ports: Needed, bucket: BucketRecord, key: string): Promise<void> {
  try {
    await confirm(ports, bucket, key);
  } catch (error) {
    if (error instanceof StaleBucketError)
      await ports.buckets.refresh(bucket.name).catch(tellFailure);
    else tellFailure(error);
  }
}

function tellFailure(error: unknown): void {
  log("warn", "bucket record not confirmed", { error: String(error) });
}
