import type { Account } from "../../protocol/owner.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { Delivery } from "../../storage/ports/engines.ts";
import type { ReplicatedVersion, ReplicationTask } from "../../storage/ports/replication.ts";
import { ownerOf } from "../bucket-owner.ts";
import type { Ports } from "../ports.ts";
import { bucketOfArn, mayUse } from "../replication-destinations.ts";
import { replicateOutside } from "./replicate-outside.ts";
import { replicateInside } from "./replicate-inside.ts";
import { type Replicating, replicatingAs } from "./replicating-role.ts";
import { deliveryOf } from "./write-internally.ts";

/** The bucket that versions come from, while it exists. */
export interface Source {
  readonly bucket: BucketRecord;
  readonly owner: Account;
}

const DONE: Delivery = { kind: "done" };
const UNTRUSTED: Delivery = { kind: "refused", reason: "AssumeRoleNotPermitted" };
const NOWHERE: Delivery = { kind: "refused", reason: "NoSuchDestination" };

/** Versions that go at once: each takes a connection. */
const LANES = 4;

/**
 * Brings versions to their destination.
 *
 * @returns what became of each, in their order
 */
export async function replicateVersions(
  ports: Ports,
  task: ReplicationTask,
): Promise<readonly Delivery[]> {
  const { source, destination, ownerId, versions } = task;
  const bucket = await findSource(ports, source);
  // What is gone was removed, and has nothing to replicate.
  if (bucket === undefined) return versions.map(() => DONE);
  const owner = ownerOf(bucket, ports.settings.account);
  const from = { bucket, owner };
  const replicating = await replicatingAs(ports, task, from);
  if (replicating === undefined) return versions.map(() => UNTRUSTED);
  if (ownerId === undefined) return replicateElsewhere(ports, task, from, replicating);
  const name = bucketOfArn(destination);
  if (name === undefined) return versions.map(() => NOWHERE);
  const inside = { source: from, name, ownerId, caller: replicating.caller };
  return inLanes(versions, (version) =>
    permitted(replicating, version, () => replicateInside(ports, inside, version)),
  );
}

/** Undefined: it is gone. What is remembered may be a bucket of that name that was there before. */
async function findSource(
  { buckets }: Ports,
  { name, bucketId }: ReplicationTask["source"],
): Promise<BucketRecord | undefined> {
  const remembered = await buckets.find(name);
  if (remembered?.id === bucketId) return remembered;
  const bucket = await buckets.refresh(name);
  return bucket?.id === bucketId ? bucket : undefined;
}

/** What is in memory already goes at once, each over a connection; what has to be read from the store takes two, and one after the other. */
async function replicateElsewhere(
  ports: Ports,
  { destination, versions }: ReplicationTask,
  source: Source,
  replicating: Replicating,
): Promise<readonly Delivery[]> {
  const target = await ports.findTarget(destination);
  if (target === undefined || !mayUse(target, source.owner, ports.settings))
    return versions.map(() => NOWHERE);
  const outside = { source, target, caller: replicating.caller };
  const bring = (version: ReplicatedVersion): Promise<Delivery> =>
    permitted(replicating, version, () => replicateOutside(ports, outside, version));
  const small = versions.filter(isInMemory);
  const brought = new Map(
    (await inLanes(small, bring)).map((delivery, i) => [small[i], delivery] as const),
  );
  const deliveries: Delivery[] = [];
  for (const version of versions) deliveries.push(brought.get(version) ?? (await bring(version)));
  return deliveries;
}

function isInMemory({ object }: ReplicatedVersion): boolean {
  return object === undefined || object.content.kind === "inline";
}

async function permitted(
  { sourceRefusal }: Replicating,
  version: ReplicatedVersion,
  bring: () => Promise<void>,
): Promise<Delivery> {
  const reason = sourceRefusal(version);
  return reason === undefined ? deliveryOf(bring) : { kind: "refused", reason };
}

async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const lane = async (): Promise<void> => {
    for (const [i, item] of left) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}
