import { isDeepStrictEqual } from "node:util";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { ShardFacts } from "../../storage/ports/shard-inspection.ts";
import type { BucketCheck, Checked } from "./bucket-check.ts";

/** What a shard and the Directory know of a bucket. A change that is under way is over at the second look. */
export const toldShards: BucketCheck = {
  name: "told-shards",
  means: "a shard has lost its data, is sealed, or is configured in another way than its bucket",
  repair: "tells the shard how its bucket is configured",
  async find(checked) {
    const first = await faultOf(checked);
    if (first === undefined) return { findings: [] };
    const detail = await faultOf(checked);
    return { findings: detail === first ? [{ subject: checked.shardName, detail }] : [] };
  },
  async mend(checked, subjects) {
    const { bucket, directory, indexOf, inspection, shardName } = checked;
    const current = await directory.find(bucket.name);
    if (current?.id !== bucket.id) return [];
    const index = indexOf(current);
    const { seal } = await inspection.inspect(shardName, "facts");
    // A delete that is under way ends by itself; one that was abandoned is undone, as any request would.
    if (seal !== undefined && (await directory.settleDelete(bucket.id)) === "active")
      await index.unseal(seal);
    await index.configure(await directory.readShardPart(bucket.id));
    return (await faultOf(checked)) === undefined ? subjects : [];
  },
};

async function faultOf({
  bucket,
  directory,
  inspection,
  shardName,
}: Checked): Promise<string | undefined> {
  const facts = await inspection.inspect(shardName, "facts");
  const [current, part] = await Promise.all([
    directory.find(bucket.name),
    directory.readShardPart(bucket.id),
  ]);
  // It was deleted meanwhile.
  if (current?.id !== bucket.id || part === undefined) return undefined;
  return sealFault(facts) ?? revisionFault(facts, current) ?? documentFault(facts, part.documents);
}

function sealFault({ isConfigured, seal }: ShardFacts): string | undefined {
  if (seal !== undefined) return `it is sealed by ${seal}, and answers nobody until it is unsealed`;
  return isConfigured ? undefined : "it has no data, not even of the bucket's making";
}

function revisionFault(facts: ShardFacts, { gateway, shard }: BucketRecord): string | undefined {
  if (facts.gatewayRevision > gateway.revision || facts.shardRevision > shard.revision)
    return "it knows of a newer configuration than the Directory, which has lost it";
  if (facts.shardRevision < shard.revision) return "it was not told of the newest configuration";
  return undefined;
}

function documentFault({ documents = "{}" }: ShardFacts, directorys: string): string | undefined {
  return isDeepStrictEqual(parsed(documents), parsed(directorys))
    ? undefined
    : "it knows other documents than the Directory has";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
