import { EVENT_BRIDGE } from "../../../protocol/events/aws-target.ts";
import { REPLICATION_TARGET } from "../../../protocol/replication/replication-rules.ts";
import { blobStoreOf } from "../../blobs/blob-store-of.ts";
import { bucketDirectoryClient } from "../../clients/bucket-directory-client.ts";
import { namespacesOf } from "../../clients/namespaces.ts";
import { valueOf } from "../../clients/value-of.ts";
import type { Engines } from "../../ports/engines.ts";
import { PLAIN_STAMP } from "../../wire/protocol.ts";
import type { TargetKinds } from "../outbox/target-kind.ts";
import type { Shard } from "../shard.ts";
import type { Transact } from "../transaction.ts";
import { forgetCompletions } from "../uploads/completions.ts";
import { deliverLogs } from "./access-log-job.ts";
import { collectGarbage, sweepOrphans } from "./clean-up.ts";
import { checkHolds, type HoldPeer, returnHolds } from "./hold-jobs.ts";
import { eventTargetKind } from "./event-target-kind.ts";
import { OutboxJob } from "./outbox-job.ts";
import type { Jobs } from "./jobs.ts";
import { scanByLifecycle } from "./lifecycle-job.ts";
import { scanReplication } from "./replication-job.ts";
import { replicationTargetKind } from "./replication-target-kind.ts";
import { abandonUploads } from "./upload-jobs.ts";

/**
 * The jobs of a shard, with all that they reach beyond it: the blob store, the Directory, and other shards.
 *
 * @param waitUntil is told of what goes on beside them
 */
export function shardJobs(
  shard: Shard,
  env: Cloudflare.Env,
  engines: () => Engines,
  transact: Transact,
  waitUntil: (promise: Promise<unknown>) => void,
): Jobs {
  const { sql, state, settings } = shard;
  const namespaces = namespacesOf(env);
  const directory = bucketDirectoryClient(namespaces.directory);
  const peerOf = (name: string): HoldPeer => {
    const peer = namespaces.index.getByName(name);
    return {
      releaseHolds: async (tokens) => valueOf(await peer.releaseHolds(PLAIN_STAMP, tokens)),
      judgeHolds: async (tokens) => valueOf(await peer.judgeHolds(PLAIN_STAMP, tokens)),
    };
  };
  const blobs = blobStoreOf(env);
  const cleanUp = { sql, state, blobs, settings, blobPrefix: `${state.name}/`, transact };
  const events = eventTargetKind(settings.eventTargets, state);
  const { outboxRetryMs: retryMs, outboxProbeMs: probeMs, outboxLimit: limit } = settings;
  const kinds: TargetKinds = [
    ["arn:", events],
    [EVENT_BRIDGE, events],
    [REPLICATION_TARGET, replicationTargetKind(shard, engines)],
  ];
  const outbox = new OutboxJob({ sql, state, transact, kinds, retryMs, probeMs, limit }, waitUntil);
  return {
    outbox: (nowMs) => outbox.run(nowMs),
    garbage: (nowMs) => collectGarbage(cleanUp, nowMs),
    sweep: (nowMs) => sweepOrphans(cleanUp, nowMs),
    uploads: (nowMs) => abandonUploads(shard, directory, nowMs, transact),
    completions: async () => transact(forgetCompletions),
    holds: (nowMs) => checkHolds(sql, peerOf, settings.orphanAgeMs, nowMs, transact),
    replication: async (nowMs) => scanReplication(shard, nowMs, transact),
    "access-log": (nowMs) => deliverLogs(shard, engines, nowMs, transact),
    lifecycle: async (nowMs) => scanByLifecycle(shard, nowMs, transact),
    "released-holds": (nowMs) => returnHolds(sql, peerOf, nowMs),
  };
}
