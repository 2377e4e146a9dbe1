import { env } from "cloudflare:workers";
import type { VersioningStatus } from "../../src/protocol/bucket-configuration.ts";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import { bucketIndexClient } from "../../src/storage/clients/bucket-index-client.ts";
import type {
  BucketRecord,
  DecidedOn,
  ShardPart,
} from "../../src/storage/ports/bucket-directory.ts";
import type { BucketIndex } from "../../src/storage/ports/bucket-index.ts";

const directory = bucketDirectoryClient(env.DIRECTORY);

/** Of a bucket that nobody has configured. */
export function freshRecord(id: string, name = id): BucketRecord {
  return {
    id,
    name,
    region: "us-east-1",
    ownerId: "owner",
    shardCount: Number(env.INDEX_SHARDS),
    createdMs: Date.now(),
    gateway: { revision: 0, documents: {} },
    shard: { revision: 0, flags: {} },
  };
}

/** The bucket as the Directory knows it now. */
export async function recordOf(name: string): Promise<BucketRecord> {
  const record = await directory.find(name);
  if (record === undefined) throw new Error(`no bucket ${name}`);
  return record;
}

/** The index of a bucket for a gateway that knows this record, and lets all requests in. */
export function indexOf(bucket: BucketRecord, bindings: Cloudflare.Env = env): BucketIndex {
  const caughtUp = ({ name }: BucketRecord): Promise<BucketRecord> => recordOf(name);
  return bucketIndexClient(
    bindings.BUCKET_INDEX,
    bucketDirectoryClient(bindings.DIRECTORY),
    { caughtUp },
    bucket,
  );
}

/** What a change is decided on that a gateway with this record makes. */
export function decidedOn({ id, name, gateway, shard }: BucketRecord): DecidedOn {
  return { id, name, gatewayRevision: gateway.revision, shardRevision: shard.revision };
}

/** What shards are told of a bucket with versions. */
export function versioningPart(revision: number, Status: VersioningStatus): ShardPart {
  return { revision, documents: JSON.stringify({ versioning: { Status } }) };
}
