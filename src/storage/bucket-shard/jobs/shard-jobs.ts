import { EVENT_BRIDGE } from "../../../protocol/events/aws-target.ts";
import { REPLICATION_TARGET } from "../../../protocol/replication/replication-rules.ts";
import { blobStoreOf } from "../../blobs/blob-store-of.ts";
import { bucketDirectoryClient } from "../../clients/bucket-directory-client.ts";
import { growthCall } from "../../clients/growth-call.ts";
import { namespacesOf } from "../../clients/namespaces.ts";
import { valueOf } from "../../clients/value-of.ts";
import type { Engines } from "../../ports/engines.ts";
import type { Growth } from "../../wire/growth.ts";
import { PLAIN_STAMP } from "../../wire/protocol.ts";
import type { TargetKinds } from "../outbox/target-kind.ts";
import type { Shard } from "../shard.ts";
import type { Transact } from "../transaction.ts";
import { deliverLogs } from "./access-log-job.ts";
import { collectGarbage, sweepOrphans } from "./clean-up.ts";
import { checkHolds, type HoldPeer, returnHolds } from "./hold-jobs.ts";
import { type GrowthPeer, moveKeys } from "./growth-job.ts";
import { eventTargetKind } from "./event-target-kind.ts";
import { reportInventory } from "./inventory-job.ts";
import { OutboxJob } from "./outbox-job.ts";
import type { Job, Jobs } from "./jobs.ts";
import { runLifecycle } from "./lifecycle-job.ts";
import { scanReplication } from "./replication-job.ts";
import { replicationTargetKind } from "./replication-target-kind.ts";
import { abandonUploads, forgetOldAnswers } from "./upload-jobs.ts";
import { bucketIdOf, shardNumberOf } from "../../wire/shard-name.ts";

/** When a job looks again whether keys are under way still, which they are for long only when a shard fails. */
const UNDER_WAY_MS = 1000;

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
  sync: () => Promise<void>,
): Jobs {
  const { sql, state, settings, growth } = shard;
  const namespaces = namespacesOf(env);
  const directory = bucketDirectoryClient(namespaces.directory);
  const peerOf = (name: string): HoldPeer => {
    const peer = namespaces.index.getByName(name);
    return {
      releaseHolds: async (tokens) => valueOf(await peer.releaseHolds(PLAIN_STAMP, tokens)),
      judgeHolds: async (tokens) => valueOf(await peer.judgeHolds(PLAIN_STAMP, tokens)),
    };
  };
  const growthPeerOf = (name: string): GrowthPeer => {
    const peer = namespaces.index.getByName(name);
    return {
      expectKeys: (begun, nextSequence) => growthCall(peer, "expectKeys", begun, nextSequence),
      receiveKeys: (chunk) => growthCall(peer, "receiveKeys", chunk),
      takeHolds: (wanted) => growthCall(peer, "takeHolds", wanted),
    };
  };
  const growthJob = {
    shard,
    transact,
    sync,
    rest: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    peerOf: growthPeerOf,
    report: ({ epoch }: Growth) =>
      directory.finishMove(bucketIdOf(state.name), epoch, shardNumberOf(state.name)),
  };
  /** What a job does to a key must not be done while the key is on its way. */
  const unlessUnderWay =
    (job: Job): Job =>
    async (nowMs) =>
      growth.underWayUpTo === undefined ? job(nowMs) : nowMs + UNDER_WAY_MS;
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
    outbox: unlessUnderWay((nowMs) => outbox.run(nowMs)),
    garbage: (nowMs) => collectGarbage(cleanUp, nowMs),
    sweep: (nowMs) => sweepOrphans(cleanUp, nowMs),
    uploads: unlessUnderWay((nowMs) => abandonUploads(shard, directory, nowMs, transact)),
    completions: async () => transact(forgetOldAnswers),
    holds: (nowMs) => checkHolds(state.name, sql, peerOf, settings.orphanAgeMs, nowMs, transact),
    replication: unlessUnderWay(async (nowMs) => scanReplication(shard, nowMs, transact)),
    inventory: (nowMs) => reportInventory(shard, engines, nowMs, transact),
    "access-log": (nowMs) => deliverLogs(shard, engines, nowMs, transact),
    lifecycle: unlessUnderWay((nowMs) => runLifecycle(shard, nowMs, transact)),
    growth: (nowMs) => moveKeys(growthJob, nowMs),
    "released-holds": (nowMs) => returnHolds(state.name, sql, peerOf, nowMs),
  };
}
