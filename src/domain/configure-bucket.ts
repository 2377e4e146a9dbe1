import { S3Error } from "../protocol/errors.ts";
import type { BucketRecord, DocumentChange } from "../storage/ports/bucket-directory.ts";
import { StaleBucketError } from "../storage/ports/bucket-index.ts";
import type { BucketPorts } from "./ports.ts";

type Needed = "audit" | "directory" | "buckets" | "indexOf" | "decisions";

/**
 * How often another writer of the same bucket's configuration may come first until this one gives up. Of writers that come
 * together one is done in each round, so that 50 of them, as ceph/s3-tests sends, need as many.
 */
const MAX_ATTEMPTS = 100;

/**
 * Puts or deletes a document of a bucket's configuration: in the Directory first, which refuses a change that was decided
 * on an older record, so that it is decided again on the newer one, and so is whether the request is let in; then, unless
 * only the Directory has the document, every shard is told. When this returns, every request is decided under it, whatever
 * gateways remember. When it dies half-way, the shards that were not told are told by the first request that comes with the
 * new revision.
 *
 * @param decide what to put, on the bucket as it is; undefined: nothing. May be called several times, and what it throws is thrown
 * @returns the bucket as it is since
 * @throws StaleBucketError when the bucket is gone; S3Error OperationAborted (too many others change it)
 */
export async function configureBucket(
  { audit, directory, buckets, indexOf, decisions }: Pick<BucketPorts, Needed>,
  bucket: BucketRecord,
  decide: (bucket: BucketRecord) => Promise<DocumentChange | undefined>,
): Promise<BucketRecord> {
  let known = bucket;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const change = await decide(known);
    if (change === undefined) return known;
    const { id, name, gateway, shard } = known;
    const decidedOn = {
      id,
      name,
      gatewayRevision: gateway.revision,
      shardRevision: shard.revision,
    };
    const outcome = await directory.configure(decidedOn, audit ? { ...change, audit } : change);
    if (outcome === undefined) throw new StaleBucketError();
    known = outcome.bucket;
    if (!outcome.isDone) {
      for (const decideAgain of decisions) decideAgain(known);
      continue;
    }
    if (change.part === "directory") return known;
    await indexOf(known).configure(outcome.shardPart);
    buckets.update(known);
    return known;
  }
  throw new S3Error("OperationAborted");
}
