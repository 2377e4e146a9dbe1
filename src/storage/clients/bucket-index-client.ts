import { log } from "../../lib/log.ts";
import { ulid } from "../../lib/ulid.ts";
import type { Origin } from "../../protocol/events/origin.ts";
import { S3Error } from "../../protocol/errors.ts";
import { regionOf } from "../../protocol/region.ts";
import type { EventHold } from "../../protocol/event-hold.ts";
import type { DeleteMarker, ObjectRecord, StoredObject } from "../../protocol/object-record.ts";
import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { BucketDirectory, BucketRecord } from "../ports/bucket-directory.ts";
import {
  type AppendDraft,
  type BucketIndex,
  type Removal,
  type RemoveOutcome,
  StaleBucketError,
} from "../ports/bucket-index.ts";
import type { Wanted } from "../ports/content-index.ts";
import type { CreatedUpload, PartDraft } from "../ports/upload-index.ts";
import { type PackedObject, unpackObject } from "../wire/packed-object.ts";
import type { Decision } from "../ports/decision.ts";
import { type PackedPage, unpackPage } from "../wire/packed-page.ts";
import type { Elsewhere } from "../wire/growth.ts";
import type { Known } from "../wire/known.ts";
import {
  ACCESS_PROTOCOL,
  ENCRYPTION_PROTOCOL,
  HOLD_PROTOCOL,
  PROTOCOL,
  IMPORT_PROTOCOL,
  REPLICATION_PROTOCOL,
} from "../wire/protocol.ts";
import type { ShardAnswer } from "../wire/shard-answer.ts";
import { AdoptedBlobs } from "./adopted-blobs.ts";
import type { BucketLookup } from "./bucket-lookup.ts";
import { BucketShards, type ShardStub } from "./bucket-shards.ts";
import {
  compareEntries,
  compareUploadEntries,
  mergePages,
  mergeVersionPages,
} from "./merge-pages.ts";
import { removeWherever } from "./remove-wherever.ts";
import { shardName } from "../wire/shard-name.ts";

type ReadAnswer = PackedObject | DeleteMarker | undefined;

/**
 * The {@link BucketIndex} port over the Durable Objects that are the shards of a bucket.
 *
 * @param decidedOn how the bucket was when it was decided that the request is let in
 * @param decisions taken again, before anything is done, when a shard has heard of a newer revision of what gateways decide
 *   with, and when what was read is not just the bucket owner's
 * @param origin who makes the request, for buckets that want to know
 * @param isListenedTo somebody listens to the bucket, and wants to know
 */
export function bucketIndexClient(
  namespace: DurableObjectNamespace<BucketIndexObject>,
  directory: BucketDirectory,
  buckets: Pick<BucketLookup, "caughtUp">,
  decidedOn: BucketRecord,
  decisions: readonly Decision[] = [],
  origin?: () => Origin,
  isListenedTo = false,
): BucketIndex {
  const shards = new BucketShards(
    namespace,
    directory,
    buckets,
    decidedOn,
    decisions,
    origin,
    isListenedTo,
  );

  async function read(
    key: string,
    wanted: Wanted,
  ): Promise<ObjectRecord | DeleteMarker | undefined> {
    // The runtime's types make an array of the tuple in the answer.
    const readShard = (shard: ShardStub, stamp: number, known: Known) =>
      shard.read(stamp, known, key, wanted) as unknown as Promise<ShardAnswer<ReadAnswer>>;
    const found = await shards.callOf(key, readShard);
    if (found?.kind !== "packed") return found;
    const object = unpackObject(found);
    if (object.access !== undefined) shards.decideOn(object);
    return object;
  }

  function removeFromShard(
    shardNumber: number,
    removals: readonly Removal[],
  ): Promise<readonly (Elsewhere | RemoveOutcome)[]> {
    const isOwnersOnly = removals.some(({ onlyIfOwner }) => onlyIfOwner !== undefined);
    return shards.call(
      shardNumber,
      (shard, stamp, known) => shard.remove(stamp, known, removals),
      protocolFor({
        access: isOwnersOnly,
        replication: removals.some(({ replica }) => replica !== undefined),
        isImport: removals.some(({ replica }) => replica?.imported !== undefined),
      }),
    );
  }

  return {
    isHome: (key, contentId) => contentId.startsWith(`${shards.bucketId}/${shards.numberOf(key)}/`),

    isNeighbour: (key, bucketId, otherKey) =>
      bucketId === shards.bucketId && shards.numberOf(otherKey) === shards.numberOf(key),

    newBlobId: (key) => `${shards.bucketId}/${shards.numberOf(key)}/${ulid(Date.now())}`,

    shardNames: () => shards.names,

    shardNameOf: (key) => shardName(shards.bucketId, shards.numberOf(key)),

    configure: (part) => shards.tellAll(part),

    moves: () => shards.moves(),

    read,

    // A shard gives content to whoever wants it.
    readContent: (key, wanted) =>
      read(key, wanted) as Promise<StoredObject | DeleteMarker | undefined>,

    commit(key, draft, conditions) {
      const adopted = new AdoptedBlobs(namespace, shards.bucketId);
      return shards.callOf(
        key,
        async (shard, stamp, known, at) => {
          const content = await adopted.at(at, draft.content);
          return shard.commit(stamp, known, key, { ...draft, content }, conditions);
        },
        protocolFor({
          access: draft.access !== undefined,
          encryption: draft.encryption !== undefined,
          eventHold: draft.attributes.eventHold,
          replication: draft.replica !== undefined,
          isImport: draft.replica?.imported !== undefined,
        }),
      );
    },

    append(key, draft, conditions) {
      const adopted = new AdoptedBlobs(namespace, shards.bucketId);
      return shards.callOf(
        key,
        async (shard, stamp, known, at) => {
          const content = await adopted.ofAppend(at, draft.content);
          return shard.append(stamp, known, key, { ...draft, content }, conditions);
        },
        protocolFor({ encryption: appendsSealed(draft), eventHold: draft.attributes.eventHold }),
      );
    },

    async remove(removal) {
      const outcomes = await removeWherever(shards, [removal], removeFromShard);
      const [outcome] = outcomes;
      if (outcome === undefined) throw new Error("the shard gave no outcome");
      return outcome;
    },

    removeMany: (removals) =>
      removeWherever(shards, removals, (shardNumber, share) =>
        removeFromShard(shardNumber, share).catch(shardFailure),
      ),

    async list(query) {
      // The runtime's types make an array of the tuples in a page.
      const listShard = (shard: ShardStub, stamp: number, known: Known) =>
        shard.list(stamp, known, query) as unknown as Promise<ShardAnswer<PackedPage>>;
      const pages = await shards.callAll(listShard);
      return mergePages(pages.map(unpackPage), query.limit, compareEntries);
    },

    async listVersions(query) {
      const pages = await shards.callAll((shard, stamp, known) =>
        shard.listVersions(stamp, known, query),
      );
      return mergeVersionPages(pages, query.limit);
    },

    change: (key, versionId, change, decidedOnObject) =>
      shards.callOf(
        key,
        (shard, stamp, known) =>
          shard.change(stamp, known, key, versionId, change, decidedOnObject),
        protocolFor({
          access: change.kind === "acl" || decidedOnObject !== undefined,
          encryption: change.kind === "encryption",
          eventHold: change.kind === "retention" ? change.eventHold : undefined,
          replication: change.kind === "replica",
        }),
      ),

    readAnnotation: (version, name) =>
      shards.callOf(
        version.key,
        (shard, stamp, known) => shard.readAnnotation(stamp, known, version, name),
        protocolFor({ access: version.decidedOn !== undefined }),
      ),

    listAnnotations: (version, query) =>
      shards.callOf(
        version.key,
        (shard, stamp, known) => shard.listAnnotations(stamp, known, version, query),
        protocolFor({ access: version.decidedOn !== undefined }),
      ),

    changeAnnotation: (version, change) =>
      shards.callOf(
        version.key,
        (shard, stamp, known) => shard.changeAnnotation(stamp, known, version, change),
        protocolFor({ access: version.decidedOn !== undefined }),
      ),

    async rename(rename) {
      if (!shards.haveTogether(rename.sourceKey, rename.key)) return undefined;
      return shards.callOf(rename.key, (shard, stamp, known) => shard.rename(stamp, known, rename));
    },

    async createUpload(key, draft) {
      const created = await shards.callOf<CreatedUpload | string>(
        key,
        (shard, stamp, known) => shard.createUpload(stamp, known, key, draft),
        protocolFor({
          access: draft.access !== undefined || draft.initiator !== undefined,
          encryption: draft.encryption !== undefined,
          eventHold: draft.attributes.eventHold,
          replication: draft.attributes.replication !== undefined,
        }),
      );
      // Also of a shard that knows of no reserved ids.
      return typeof created === "string" ? { uploadId: created } : created;
    },

    findUpload: (key, uploadId) =>
      shards.callOf(key, (shard, stamp, known) => shard.findUpload(stamp, known, key, uploadId)),

    putPart(key, uploadId, partNumber, draft) {
      const adopted = new AdoptedBlobs(namespace, shards.bucketId);
      return shards.callOf(
        key,
        async (shard, stamp, known, at) => {
          const content = await adopted.at(at, draft.content);
          return shard.putPart(stamp, known, key, uploadId, partNumber, { ...draft, content });
        },
        protocolFor({ encryption: isSealedPart(draft) }),
      );
    },

    listParts: (key, uploadId, after, limit) =>
      shards.callOf(key, (shard, stamp, known) =>
        shard.listParts(stamp, known, key, uploadId, after, limit),
      ),

    async listUploads(query) {
      const pages = await shards.callAll((shard, stamp, known) =>
        shard.listUploads(stamp, known, query),
      );
      return mergePages(pages, query.limit, compareUploadEntries);
    },

    completeUpload: (key, uploadId, completion) =>
      shards.callOf(
        key,
        (shard, stamp, known) => shard.completeUpload(stamp, known, key, uploadId, completion),
        protocolFor({ isImport: completion.imported !== undefined }),
      ),

    abortUpload: (key, uploadId, initiatedMs) =>
      shards.callOf(key, (shard, stamp, known) =>
        shard.abortUpload(stamp, known, key, uploadId, initiatedMs),
      ),

    appendLog: (batch) =>
      shards.call(0, (shard, stamp, known) => shard.appendLog(stamp, known, batch)),

    async listDeadLetters() {
      const letters = await shards.callAll((shard, stamp, known) =>
        shard.listDeadLetters(stamp, known),
      );
      return letters.flat().sort((a, b) => b.emittedMs - a.emittedMs);
    },

    takeEvents(shardNumber, filter, after, waitMs, knownShards) {
      const { name, region, ownerId } = shards.bucket;
      const bucket = { name, region: regionOf(region), ownerId };
      return shards.call(shardNumber, (shard, stamp, known) =>
        shard.takeEvents(stamp, known, bucket, filter, after, waitMs, knownShards),
      );
    },

    async redrive() {
      const counts = await shards.callAll((shard, stamp, known) => shard.redrive(stamp, known));
      return counts.reduce((sum, count) => sum + count, 0);
    },

    async resync() {
      const counts = await shards.callAll(
        (shard, stamp, known) => shard.resync(stamp, known),
        REPLICATION_PROTOCOL,
      );
      return Math.max(...counts);
    },

    async sealIfEmpty(token) {
      const empty = await shards.callSealed((shard, stamp) => shard.sealIfEmpty(stamp, token));
      return !empty.includes(false);
    },

    async unseal(token) {
      await shards.callSealed((shard, stamp) => shard.unseal(stamp, token));
    },
  };
}

/** What a call says that an object whose code is of before would lose, or overlook. */
interface Said {
  readonly access?: boolean;
  readonly encryption?: boolean;
  readonly eventHold?: EventHold | undefined;
  readonly replication?: boolean;
  readonly isImport?: boolean;
}

/** The lowest that will do. */
function protocolFor({ access, encryption, eventHold, replication, isImport }: Said): number {
  if (isImport === true) return IMPORT_PROTOCOL;
  if (replication === true) return REPLICATION_PROTOCOL;
  if (eventHold !== undefined) return HOLD_PROTOCOL;
  if (encryption === true) return ENCRYPTION_PROTOCOL;
  return access === true ? ACCESS_PROTOCOL : PROTOCOL;
}

function appendsSealed({ content }: AppendDraft): boolean {
  return (content.kind === "appended" ? content.tail : content).sealedKey !== undefined;
}

function isSealedPart({ content }: PartDraft): boolean {
  if (content.kind === "blob") return content.sealedKey !== undefined;
  return content.segments.some(({ sealedKey }) => sealedKey !== undefined);
}

/** One shard that fails does not hide what the others have done: each of its keys gets an error of its own. */
function shardFailure(error: unknown): readonly RemoveOutcome[] {
  if (error instanceof S3Error || error instanceof StaleBucketError) throw error;
  log("error", "shard failed", { error: String(error) });
  return [];
}
