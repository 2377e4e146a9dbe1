import { log } from "../../lib/log.ts";
import { ulid } from "../../lib/ulid.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { DeleteMarker, ObjectRecord, StoredObject } from "../../protocol/object-record.ts";
import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { BucketDirectory, BucketRecord } from "../ports/bucket-directory.ts";
import {
  type BucketIndex,
  type Removal,
  type RemoveOutcome,
  StaleBucketError,
} from "../ports/bucket-index.ts";
import type { Wanted } from "../ports/content-index.ts";
import { type PackedObject, unpackObject } from "../wire/packed-object.ts";
import { type PackedPage, unpackPage } from "../wire/packed-page.ts";
import { PLAIN_STAMP, type PlainAnswer, stampOf } from "../wire/protocol.ts";
import type { Outdated, Sealed, ShardAnswer } from "../wire/shard-answer.ts";
import {
  compareEntries,
  compareUploadEntries,
  compareVersionEntries,
  mergePages,
} from "./merge-pages.ts";
import { shardOfKey } from "./shard-of-key.ts";
import { notYetDeployed, valueOf } from "./value-of.ts";

type ReadAnswer = PackedObject | DeleteMarker | undefined;

type ShardStub = DurableObjectStub<BucketIndexObject>;

/** Two writers of a configuration, and a dead delete: more can hardly come together. */
const MAX_ATTEMPTS = 5;

/**
 * The {@link BucketIndex} port over the Durable Objects that are the shards of a bucket.
 *
 * @param onNewer is told of a newer configuration that a shard knows, before anything is done under it; what it throws
 *   ends the call
 */
export function bucketIndexClient(
  namespace: DurableObjectNamespace<BucketIndexObject>,
  directory: BucketDirectory,
  known: BucketRecord,
  onNewer: (bucket: BucketRecord) => void,
): BucketIndex {
  let bucket = known;
  const shardAt = (shard: number): ShardStub => namespace.get(shardId(namespace, bucket.id, shard));
  const shardNumber = (key: string): number => shardOfKey(key, bucket.shardCount);
  const allShards = (): ShardStub[] =>
    Array.from({ length: bucket.shardCount }, (_, i) => shardAt(i));

  /**
   * Calls a shard, and calls it again when it knows of a newer configuration, or had to be told of ours, or was left
   * sealed by a dead delete.
   */
  async function call<T>(
    shard: ShardStub,
    effect: (stamp: number) => Promise<ShardAnswer<T>>,
  ): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const answer = await effect(stampOf(bucket.revision));
      if ("value" in answer) return answer.value;
      if ("unknownProtocol" in answer) throw notYetDeployed();
      if ("isFull" in answer) throw new S3Error("SlowDown", { message: SHARD_FULL });
      if ("sealedBy" in answer) await unsealIfAbandoned(shard, answer);
      else if (answer.revision > bucket.revision) {
        bucket = configured(bucket, answer);
        onNewer(bucket);
      } else await tell(shard);
    }
    throw new S3Error("OperationAborted");
  }

  async function unsealIfAbandoned(shard: ShardStub, { sealedBy }: Sealed): Promise<void> {
    switch (await directory.settleDelete(bucket.id)) {
      case "deleted":
        throw new StaleBucketError();
      case "deleting":
        throw new S3Error("OperationAborted");
      case "active":
    }
    valueOf(await shard.unseal(PLAIN_STAMP, sealedBy));
  }

  async function tell(shard: ShardStub): Promise<void> {
    valueOf(await shard.configure(stampOf(bucket.revision), bucket.configuration));
  }

  /** Calls all shards, whether they are sealed or not. */
  async function valuesOf<T>(
    effect: (shard: ShardStub, stamp: number) => Promise<PlainAnswer<T>>,
  ): Promise<T[]> {
    const answers = await Promise.all(allShards().map((shard) => effect(shard, PLAIN_STAMP)));
    return answers.map(valueOf);
  }

  /** Calls the shard of a key. */
  function callShardOf<T>(
    key: string,
    effect: (shard: ShardStub, stamp: number) => Promise<ShardAnswer<T>>,
  ): Promise<T> {
    const shard = shardAt(shardNumber(key));
    return call(shard, (stamp) => effect(shard, stamp));
  }

  function callAllShards<T>(
    effect: (shard: ShardStub, stamp: number) => Promise<ShardAnswer<T>>,
  ): Promise<T[]> {
    return Promise.all(allShards().map((shard) => call(shard, (stamp) => effect(shard, stamp))));
  }

  async function read(
    key: string,
    wanted: Wanted,
  ): Promise<ObjectRecord | DeleteMarker | undefined> {
    // The runtime's types make an array of the tuple in the answer.
    const readShard = (shard: ShardStub, stamp: number) =>
      shard.read(stamp, key, wanted) as unknown as Promise<ShardAnswer<ReadAnswer>>;
    const found = await callShardOf(key, readShard);
    return found?.kind === "packed" ? unpackObject(found) : found;
  }

  async function removeFromShard(
    shard: ShardStub,
    removals: readonly Removal[],
  ): Promise<readonly RemoveOutcome[]> {
    return call(shard, (stamp) => shard.remove(stamp, removals));
  }

  return {
    isHome: (key, contentId) => contentId.startsWith(`${bucket.id}/${shardNumber(key)}/`),

    isNeighbour: (key, bucketId, otherKey) =>
      bucketId === bucket.id && shardNumber(otherKey) === shardNumber(key),

    newBlobId: (key) => `${bucket.id}/${shardNumber(key)}/${ulid(Date.now())}`,

    async open() {
      await valuesOf((shard, stamp) => shard.open(stamp));
    },

    async configure() {
      await Promise.all(allShards().map(tell));
    },

    read,

    // A shard gives content to whoever wants it.
    readContent: (key, wanted) =>
      read(key, wanted) as Promise<StoredObject | DeleteMarker | undefined>,

    commit: (key, draft, conditions) =>
      callShardOf(key, (shard, stamp) => shard.commit(stamp, key, draft, conditions)),

    append: (key, draft, conditions) =>
      callShardOf(key, (shard, stamp) => shard.append(stamp, key, draft, conditions)),

    async remove(removal) {
      const [outcome] = await removeFromShard(shardAt(shardNumber(removal.key)), [removal]);
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
      const listShard = (shard: ShardStub, stamp: number) =>
        shard.list(stamp, query) as unknown as Promise<ShardAnswer<PackedPage>>;
      const pages = await callAllShards(listShard);
      return mergePages(pages.map(unpackPage), query.limit, compareEntries);
    },

    async listVersions(query) {
      const pages = await callAllShards((shard, stamp) => shard.listVersions(stamp, query));
      return mergePages(pages, query.limit, compareVersionEntries);
    },

    change: (key, versionId, change) =>
      callShardOf(key, (shard, stamp) => shard.change(stamp, key, versionId, change)),

    readAnnotation: (version, name) =>
      callShardOf(version.key, (shard, stamp) => shard.readAnnotation(stamp, version, name)),

    listAnnotations: (version, query) =>
      callShardOf(version.key, (shard, stamp) => shard.listAnnotations(stamp, version, query)),

    changeAnnotation: (version, change) =>
      callShardOf(version.key, (shard, stamp) => shard.changeAnnotation(stamp, version, change)),

    async rename(rename) {
      if (shardNumber(rename.sourceKey) !== shardNumber(rename.key)) return undefined;
      return callShardOf(rename.key, (shard, stamp) => shard.rename(stamp, rename));
    },

    createUpload: (key, draft) =>
      callShardOf(key, (shard, stamp) => shard.createUpload(stamp, key, draft)),

    findUpload: (key, uploadId) =>
      callShardOf(key, (shard, stamp) => shard.findUpload(stamp, key, uploadId)),

    putPart: (key, uploadId, partNumber, draft) =>
      callShardOf(key, (shard, stamp) => shard.putPart(stamp, key, uploadId, partNumber, draft)),

    listParts: (key, uploadId, after, limit) =>
      callShardOf(key, (shard, stamp) => shard.listParts(stamp, key, uploadId, after, limit)),

    async listUploads(query) {
      const pages = await callAllShards((shard, stamp) => shard.listUploads(stamp, query));
      return mergePages(pages, query.limit, compareUploadEntries);
    },

    completeUpload: (key, uploadId, completion) =>
      callShardOf(key, (shard, stamp) => shard.completeUpload(stamp, key, uploadId, completion)),

    abortUpload: (key, uploadId, initiatedMs) =>
      callShardOf(key, (shard, stamp) => shard.abortUpload(stamp, key, uploadId, initiatedMs)),

    async sealIfEmpty(token) {
      const empty = await valuesOf((shard, stamp) => shard.sealIfEmpty(stamp, token));
      return !empty.includes(false);
    },

    async unseal(token) {
      await valuesOf((shard, stamp) => shard.unseal(stamp, token));
    },
  };
}

function configured(bucket: BucketRecord, { revision, configuration }: Outdated): BucketRecord {
  return { ...bucket, revision, configuration };
}

const SHARD_FULL =
  "The bucket's index has no room for more data. Delete objects, and try again when they are cleaned up.";

const SHARD_FAILED = { ok: false, reason: "InternalError" } as const;

/** One shard that fails does not hide what the others have done: each of its keys gets an error of its own. */
function shardFailure(error: unknown): readonly RemoveOutcome[] {
  if (error instanceof S3Error || error instanceof StaleBucketError) throw error;
  log("error", "shard failed", { error: String(error) });
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
