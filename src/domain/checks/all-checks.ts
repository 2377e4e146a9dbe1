import { SHARD_CHECKS } from "../../storage/bucket-shard/checks/all-checks.ts";
import type { ShardCheck } from "../../storage/bucket-shard/checks/shard-check.ts";
import type { BucketCheck } from "./bucket-check.ts";
import { givenHolds, takenHolds } from "./holds.ts";
import { objectBytes } from "./object-bytes.ts";
import { orphanBlobs } from "./orphan-blobs.ts";
import { storedBlobs } from "./stored-blobs.ts";
import { toldShards } from "./told-shards.ts";

/** A shard looks at itself in one moment, so that nothing has to be looked at twice. */
function withinShard({ name, means, repair, mend }: ShardCheck): BucketCheck {
  return {
    name,
    means,
    ...(repair !== undefined && { repair }),
    async find({ inspection, shardName }, after) {
      const page = await inspection.inspect(shardName, "find", name, after);
      return page ?? { findings: [] };
    },
    ...(mend !== undefined && {
      mend: ({ inspection, shardName }, subjects) =>
        inspection.repair(shardName, "repair", name, subjects),
    }),
  };
}

/** Everything that is checked of a bucket, shard by shard, in this order. */
export const BUCKET_CHECKS: readonly BucketCheck[] = [
  toldShards,
  ...SHARD_CHECKS.map(withinShard),
  storedBlobs,
  orphanBlobs,
  givenHolds,
  takenHolds,
  objectBytes,
];
