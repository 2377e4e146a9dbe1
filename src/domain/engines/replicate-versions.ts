import type { PrincipalPolicies } from "../../protocol/caller.ts";
import type { Account } from "../../protocol/owner.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { Delivery } from "../../storage/ports/engines.ts";
import type { ReplicationTask } from "../../storage/ports/replication.ts";
import { ownerOf } from "../bucket-owner.ts";
import type { Ports } from "../ports.ts";
import { bucketOfArn, mayUse } from "../replication-destinations.ts";
import type { InternalCaller } from "./act-in-bucket.ts";
import { replicateOutside } from "./replicate-outside.ts";
import { replicateInside } from "./replicate-inside.ts";
import { deliveryOf } from "./write-internally.ts";

/** The bucket that versions come from, while it exists. */
export interface Source {
  readonly bucket: BucketRecord;
  readonly owner: Account;
}

const DONE: Delivery = { kind: "done" };
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
  const name = bucketOfArn(destination);
  const caller = callerFor(task, owner);
  if (ownerId === undefined) return replicateElsewhere(ports, task, { bucket, owner }, caller);
  if (name === undefined) return versions.map(() => NOWHERE);
  const inside = { source: { bucket, owner }, name, ownerId, caller };
  return inLanes(versions, (version) => deliveryOf(() => replicateInside(ports, inside, version)));
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

/** One after the other: each may be large, and takes a connection for as long. */
async function replicateElsewhere(
  ports: Ports,
  { destination, versions }: ReplicationTask,
  source: Source,
  caller: InternalCaller,
): Promise<readonly Delivery[]> {
  const target = await ports.findTarget(destination);
  if (target === undefined || !mayUse(target, source.owner, ports.settings))
    return versions.map(() => NOWHERE);
  const outside = { source, target, caller };
  const deliveries: Delivery[] = [];
  for (const version of versions)
    deliveries.push(await deliveryOf(() => replicateOutside(ports, outside, version)));
  return deliveries;
}

/**
 * Within an account replication needs nobody's word for it; another account's bucket takes what its policy lets the role put there. Whose
 * role that is the source's owner says, so that it can be none but its own.
 */
function callerFor({ source, ownerId, role }: ReplicationTask, owner: Account): InternalCaller {
  const [, , , , accountId] = role.split(":");
  if (ownerId === owner.canonicalId || accountId !== owner.id)
    return {
      kind: "service",
      name: "s3.amazonaws.com",
      sourceArn: `arn:aws:s3:::${source.name}`,
      sourceAccountId: owner.id,
      ownerId: owner.canonicalId,
    };
  const roleName = role.slice(role.lastIndexOf("/") + 1);
  return {
    kind: "role session",
    account: owner,
    arn: `arn:aws:sts::${owner.id}:assumed-role/${roleName}/s3-replication`,
    // No user or role has an id like that, whatever this one is called: policies go by those, too.
    userId: `s3-replication:${roleName}`,
    behind: { arn: role, uniqueId: `s3-replication:${roleName}` },
    session: { issuedMs: Date.now() },
    policies: REPLICATES,
  };
}

/** What a role may do that replicates: nothing else is done as it. */
const REPLICATES: PrincipalPolicies = {
  identityPolicies: [
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["s3:Replicate*", "s3:ObjectOwnerOverrideToBucketOwner"],
          Resource: "*",
        },
      ],
    }),
  ],
};

async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const lane = async (): Promise<void> => {
    for (const [i, item] of left) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}
