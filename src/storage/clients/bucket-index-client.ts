import { log } from "../../lib/log.ts";
import { ulid } from "../../lib/ulid.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { DeleteMarker, ObjectRecord, StoredObject } from "../../protocol/object-record.ts";
import { indexFull } from "../../protocol/refusal.ts";
import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { BucketDirectory, BucketRecord, ShardPart } from "../ports/bucket-directory.ts";
import {
  type BucketIndex,
  type Removal,
  type RemoveOutcome,
  StaleBucketError,
} from "../ports/bucket-index.ts";
import type { Wanted } from "../ports/content-index.ts";
import { type PackedObject, unpackObject } from "../wire/packed-object.ts";
import { type PackedPage, unpackPage } from "../wire/packed-page.ts";
import {
  ACCESS_PROTOCOL,
  PLAIN_STAMP,
  type PlainAnswer,
  PROTOCOL,
  stampOf,
} from "../wire/protocol.ts";
import type { Outdated, Sealed, ShardAnswer } from "../wire/shard-answer.ts";
import type { BucketLookup } from "./bucket-lookup.ts";
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

/**
 * Whether a request is let in, by the record of its bucket; or, once an object was read that is another account's or has an ACL, by
 * that object as well. What it throws ends the request.
 */
export type Decision = (bucket: BucketRecord, object?: ObjectRecord) => void;

/** Two writers of a configuration, and a dead delete: more can hardly come together. */
const MAX_ATTEMPTS = 5;

/**
 * The {@link BucketIndex} port over the Durable Objects that are the shards of a bucket.
 *
 * @param decidedOn how the bucket was when it was decided that the request is let in
 * @param decisions taken again, before anything is done, when a shard has heard of a newer revision of what gateways decide
 *   with, and when what was read is not just the bucket owner's
 */
export function bucketIndexClient(
  namespace: DurableObjectNamespace<BucketIndexObject>,
  directory: BucketDirectory,
  buckets: Pick<BucketLookup, "caughtUp">,
  decidedOn: BucketRecord,
  decisions: readonly Decision[] = [],
): BucketIndex {
  let bucket = decidedOn;
  const shardAt = (shard: number): ShardStub => namespace.get(shardId(namespace, bucket.id, shard));
  const shardNumber = (key: string): number => shardOfKey(key, bucket.shardCount);
  const allShards = (): ShardStub[] =>
    Array.from({ length: bucket.shardCount }, (_, i) => shardAt(i));

  /**
   * Calls a shard, and calls it again when it had heard of a newer configuration, or had to be told of one, or was left
   * sealed by a dead delete.
   */
  async function call<T>(
    shard: ShardStub,
    effect: (stamp: number, known: number) => Promise<ShardAnswer<T>>,
    protocol = PROTOCOL,
  ): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stamp = stampOf(bucket.gateway.revision, protocol);
      const answer = await effect(stamp, bucket.shard.revision);
      if ("value" in answer) return answer.value;
      if ("unknownProtocol" in answer) throw notYetDeployed();
      if ("isFull" in answer) throw indexFull();
      if ("sealedBy" in answer) await unsealIfAbandoned(shard, answer);
      else if (answer.gatewayRevision > bucket.gateway.revision) {
        const newer = await buckets.caughtUp(bucket, answer.gatewayRevision);
        // First: calls of other shards are under way, which must not go on under a record that was not decided on.
        for (const decide of decisions) decide(newer);
        bucket = newer;
      } else await tell(shard, await missingPart(answer));
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

  /** What a shard lacks of what shards decide with: whoever changed it died before the shard was told. */
  async function missingPart({ shardRevision }: Outdated): Promise<ShardPart | undefined> {
    if (shardRevision >= bucket.shard.revision) return undefined;
    const part = await directory.readShardPart(bucket.id);
    if (part === undefined) throw new StaleBucketError();
    return part;
  }

  async function tell(shard: ShardStub, part: ShardPart | undefined): Promise<void> {
    valueOf(await shard.configure(stampOf(bucket.gateway.revision), part));
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
    effect: (shard: ShardStub, stamp: number, known: number) => Promise<ShardAnswer<T>>,
    protocol = PROTOCOL,
  ): Promise<T> {
    const shard = shardAt(shardNumber(key));
    return call(shard, (stamp, known) => effect(shard, stamp, known), protocol);
  }

  function callAllShards<T>(
    effect: (shard: ShardStub, stamp: number, known: number) => Promise<ShardAnswer<T>>,
  ): Promise<T[]> {
    return Promise.all(
      allShards().map((shard) => call(shard, (stamp, known) => effect(shard, stamp, known))),
    );
  }

  async function read(
    key: string,
    wanted: Wanted,
  ): Promise<ObjectRecord | DeleteMarker | undefined> {
    // The runtime's types make an array of the tuple in the answer.
    const readShard = (shard: ShardStub, stamp: number, known: number) =>
      shard.read(stamp, known, key, wanted) as unknown as Promise<ShardAnswer<ReadAnswer>>;
    const found = await callShardOf(key, readShard);
    if (found?.kind !== "packed") return found;
    const object = unpackObject(found);
    if (object.access !== undefined) for (const decide of decisions) decide(bucket, object);
    return object;
  }

  async function removeFromShard(
    shard: ShardStub,
    removals: readonly Removal[],
  ): Promise<readonly RemoveOutcome[]> {
    const isOwnersOnly = removals.some(({ onlyIfOwner }) => onlyIfOwner !== undefined);
    const effect = (stamp: number, known: number) => shard.remove(stamp, known, removals);
    return call(shard, effect, protocolFor(isOwnersOnly));
  }

  return {
    isHome: (key, contentId) => contentId.startsWith(`${bucket.id}/${shardNumber(key)}/`),

    isNeighbour: (key, bucketId, otherKey) =>
      bucketId === bucket.id && shardNumber(otherKey) === shardNumber(key),

    newBlobId: (key) => `${bucket.id}/${shardNumber(key)}/${ulid(Date.now())}`,

    async configure(part) {
      await Promise.all(allShards().map((shard) => tell(shard, part)));
    },

    read,

    // A shard gives content to whoever wants it.
    readContent: (key, wanted) =>
      read(key, wanted) as Promise<StoredObject | DeleteMarker | undefined>,

    commit: (key, draft, conditions) =>
      callShardOf(
        key,
        (shard, stamp, known) => shard.commit(stamp, known, key, draft, conditions),
        protocolFor(draft.access !== undefined),
      ),

    append: (key, draft, conditions) =>
      callShardOf(key, (shard, stamp, known) => shard.append(stamp, known, key, draft, conditions)),

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
      const listShard = (shard: ShardStub, stamp: number, known: number) =>
        shard.list(stamp, known, query) as unknown as Promise<ShardAnswer<PackedPage>>;
      const pages = await callAllShards(listShard);
      return mergePages(pages.map(unpackPage), query.limit, compareEntries);
    },

    async listVersions(query) {
      const pages = await callAllShards((shard, stamp, known) =>
        shard.listVersions(stamp, known, query),
      );
      return mergePages(pages, query.limit, compareVersionEntries);
    },

    change: (key, versionId, change, decidedOn) =>
      callShardOf(
        key,
        (shard, stamp, known) => shard.change(stamp, known, key, versionId, change, decidedOn),
        protocolFor(change.kind === "acl" || decidedOn !== undefined),
      ),

    readAnnotation: (version, name) =>
      callShardOf(version.key, (shard, stamp, known) =>
        shard.readAnnotation(stamp, known, version, name),
      ),

    listAnnotations: (version, query) =>
      callShardOf(version.key, (shard, stamp, known) =>
        shard.listAnnotations(stamp, known, version, query),
      ),

    changeAnnotation: (version, change) =>
      callShardOf(version.key, (shard, stamp, known) =>
        shard.changeAnnotation(stamp, known, version, change),
      ),

    async rename(rename) {
      if (shardNumber(rename.sourceKey) !== shardNumber(rename.key)) return undefined;
      return callShardOf(rename.key, (shard, stamp, known) => shard.rename(stamp, known, rename));
    },

    createUpload: (key, draft) =>
      callShardOf(
        key,
        (shard, stamp, known) => shard.createUpload(stamp, known, key, draft),
        protocolFor(draft.access !== undefined || draft.initiator !== undefined),
      ),

    findUpload: (key, uploadId) =>
      callShardOf(key, (shard, stamp, known) => shard.findUpload(stamp, known, key, uploadId)),

    putPart: (key, uploadId, partNumber, draft) =>
      callShardOf(key, (shard, stamp, known) =>
        shard.putPart(stamp, known, key, uploadId, partNumber, draft),
      ),

    listParts: (key, uploadId, after, limit) =>
      callShardOf(key, (shard, stamp, known) =>
        shard.listParts(stamp, known, key, uploadId, after, limit),
      ),

    async listUploads(query) {
      const pages = await callAllShards((shard, stamp, known) =>
        shard.listUploads(stamp, known, query),
      );
      return mergePages(pages, query.limit, compareUploadEntries);
    },

    completeUpload: (key, uploadId, completion) =>
      callShardOf(key, (shard, stamp, known) =>
        shard.completeUpload(stamp, known, key, uploadId, completion),
      ),

    abortUpload: (key, uploadId, initiatedMs) =>
      callShardOf(key, (shard, stamp, known) =>
        shard.abortUpload(stamp, known, key, uploadId, initiatedMs),
      ),

    async sealIfEmpty(token) {
      const empty = await valuesOf((shard, stamp) => shard.sealIfEmpty(stamp, token));
      return !empty.includes(false);
    },

    async unseal(token) {
      await valuesOf((shard, stamp) => shard.unseal(stamp, token));
    },
  };
}

function protocolFor(saysAccess: boolean): number {
  return saysAccess ? ACCESS_PROTOCOL : PROTOCOL;
}

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
