import type { ShardSettings } from "../../env.ts";
import { blobStoreOf } from "../blob-store-of.ts";
import { bucketDirectoryClient } from "../bucket-directory-client.ts";
import { collectGarbage, sweepOrphans } from "./clean-up.ts";
import { forgetCompletions } from "./complete-upload.ts";
import { checkHolds, type HoldPeer, returnHolds } from "./hold-jobs.ts";
import { Jobs } from "./jobs.ts";
import type { Run, Shard } from "./shard.ts";
import { abandonUploads } from "./upload-jobs.ts";

/** The jobs of a shard, with all that they reach beyond it: the blob store, the Directory, and other shards. */
export function shardJobs(
  storage: DurableObjectStorage,
  shard: Shard,
  env: Cloudflare.Env,
  settings: ShardSettings,
  run: Run,
): Jobs {
  const { sql, state } = shard;
  const directory = bucketDirectoryClient(env.DIRECTORY);
  const peerOf = (name: string): HoldPeer => env.BUCKET_INDEX.getByName(name);
  const blobs = blobStoreOf(env);
  const cleanUp = { sql, state, blobs, settings, blobPrefix: `${state.name}/`, run };
  return new Jobs(storage, {
    garbage: (nowMs) => collectGarbage(cleanUp, nowMs),
    sweep: (nowMs) => sweepOrphans(cleanUp, nowMs),
    uploads: (nowMs) => abandonUploads(shard, directory, settings, nowMs, run),
    completions: async () => run(forgetCompletions),
    holds: (nowMs) => checkHolds(sql, peerOf, settings.orphanAgeMs, nowMs, run),
    "released-holds": (nowMs) => returnHolds(sql, peerOf, nowMs),
  });
}
