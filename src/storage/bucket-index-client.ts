import { compareUtf8 } from "../lib/utf8-order.ts";
import { ulid } from "../lib/ulid.ts";
import { S3Error } from "../protocol/errors.ts";
import type { BucketDirectory, BucketRecord } from "./bucket-directory.ts";
import { type PackedPage, unpackPage } from "./bucket-index-object/listing.ts";
import type { BucketIndexObject, Sealed, ShardAnswer } from "./bucket-index-object/object.ts";
import type {
  BucketIndex,
  ListEntry,
  ListPage,
  ListQuery,
  Removal,
  RemoveOutcome,
} from "./bucket-index.ts";
import { shardOfKey } from "./shard-of-key.ts";

type ShardStub = DurableObjectStub<BucketIndexObject>;

/** The record that a request was resolved with is of a bucket that is gone; its name may be another bucket's by now. */
export class StaleBucketError extends Error {
  override readonly name = "StaleBucketError";
}

/** The {@link BucketIndex} port over the Durable Objects that are the shards of `bucket`. */
export function bucketIndexClient(
  namespace: DurableObjectNamespace<BucketIndexObject>,
  directory: BucketDirectory,
  bucket: BucketRecord,
): BucketIndex {
  const shardAt = (shard: number): ShardStub => namespace.get(shardId(namespace, bucket.id, shard));
  const shardNumber = (key: string): number => shardOfKey(key, bucket.shardCount);
  const allShards = (): ShardStub[] =>
    Array.from({ length: bucket.shardCount }, (_, i) => shardAt(i));

  /** Calls a shard; one that a dead delete left sealed is unsealed and called again. */
  async function call<T>(shard: ShardStub, effect: () => Promise<ShardAnswer<T>>): Promise<T> {
    const answer = await effect();
    if (!isSealed(answer)) return answer.value;
    switch (await directory.settleDelete(bucket.id)) {
      case "deleted":
        throw new StaleBucketError();
      case "deleting":
        throw new S3Error("OperationAborted");
      case "active":
    }
    await shard.unseal(answer.sealedBy);
    const again = await effect();
    if (!isSealed(again)) return again.value;
    throw new S3Error("OperationAborted");
  }

  async function removeFromShard(
    shard: ShardStub,
    removals: readonly Removal[],
  ): Promise<readonly RemoveOutcome[]> {
    return call(shard, () => shard.remove(removals));
  }

  return {
    newBlobId: (key) => `${bucket.id}/${shardNumber(key)}/${ulid(Date.now())}`,

    async open() {
      await Promise.all(allShards().map((shard) => shard.open()));
    },

    async read(key, part) {
      const shard = shardAt(shardNumber(key));
      return call(shard, () => shard.read(key, part === "headers and content"));
    },

    async commit(key, draft, conditions) {
      const shard = shardAt(shardNumber(key));
      return call(shard, () => shard.commit(key, draft, conditions));
    },

    async remove(key, conditions) {
      const [outcome] = await removeFromShard(shardAt(shardNumber(key)), [{ key, conditions }]);
      if (outcome === undefined) throw new Error("the shard gave no outcome");
      return outcome;
    },

    async removeMany(removals) {
      const positions = Map.groupBy(removals.keys(), (at) => shardNumber(removals[at]?.key ?? ""));
      const outcomes: RemoveOutcome[] = [];
      const shares = [...positions].map(async ([shard, ats]) => {
        const share = ats.flatMap((at) => removals[at] ?? []);
        const results = await removeFromShard(shardAt(shard), share).catch(shardFailure);
        for (const [i, at] of ats.entries()) outcomes[at] = results[i] ?? SHARD_FAILED;
      });
      await Promise.all(shares);
      return outcomes;
    },

    async list(query) {
      // The runtime's types make an array of the tuples in a page.
      const listShard = (shard: ShardStub) =>
        shard.list(query) as unknown as Promise<ShardAnswer<PackedPage>>;
      const pages = await Promise.all(
        allShards().map((shard) => call(shard, () => listShard(shard))),
      );
      return mergePages(pages.map(unpackPage), query);
    },

    async sealIfEmpty(token) {
      const empty = await Promise.all(allShards().map((shard) => shard.sealIfEmpty(token)));
      return !empty.includes(false);
    },

    async unseal(token) {
      await Promise.all(allShards().map((shard) => shard.unseal(token)));
    },
  };
}

const SHARD_FAILED = { ok: false, reason: "InternalError" } as const;

/** One shard that fails does not hide what the others have done: each of its keys gets an error of its own. */
function shardFailure(error: unknown): readonly RemoveOutcome[] {
  if (error instanceof S3Error || error instanceof StaleBucketError) throw error;
  console.error(JSON.stringify({ event: "shard failed", error: String(error) }));
  return [];
}

/** A name is hashed into an id, which costs as much as a lookup: ids of the shards in use are kept. */
const MAX_SHARD_IDS = 10_000;
const shardIds = new Map<string, DurableObjectId>();

function shardId(
  namespace: DurableObjectNamespace<BucketIndexObject>,
  bucketId: string,
  shard: number,
): DurableObjectId {
  const name = `${bucketId}/${shard}`;
  let id = shardIds.get(name);
  if (id !== undefined) return id;
  id = namespace.idFromName(name);
  if (shardIds.size >= MAX_SHARD_IDS) shardIds.clear();
  shardIds.set(name, id);
  return id;
}

function isSealed(answer: Sealed | { readonly value: unknown }): answer is Sealed {
  return "sealedBy" in answer;
}

/** Each page holds the first `limit` entries of its shard, so the first `limit` of the union are among them. */
function mergePages(pages: readonly ListPage[], { limit }: ListQuery): ListPage {
  const [only] = pages;
  if (pages.length === 1 && only !== undefined) return only;
  const sorted = pages
    .flatMap((page) => page.entries)
    .toSorted((a, b) => compareUtf8(nameOf(a), nameOf(b)));
  // A common prefix comes once from each shard that has keys in it.
  const entries = sorted.filter((entry, i) => {
    const previous = sorted[i - 1];
    return previous === undefined || entry.kind === "object" || nameOf(previous) !== entry.prefix;
  });
  const isTruncated = entries.length > limit || pages.some((page) => page.isTruncated);
  return { entries: entries.slice(0, limit), isTruncated };
}

function nameOf(entry: ListEntry): string {
  return entry.kind === "object" ? entry.object.key : entry.prefix;
}
