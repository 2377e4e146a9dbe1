import type { Origin } from "../../protocol/events/origin.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { ObjectRecord } from "../../protocol/object-record.ts";
import { indexFull } from "../../protocol/refusal.ts";
import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { BucketDirectory, BucketRecord, ShardPart } from "../ports/bucket-directory.ts";
import { StaleBucketError } from "../ports/bucket-index.ts";
import type { Known } from "../wire/known.ts";
import {
  EVENT_BRIDGE_PROTOCOL,
  EVENTS_PROTOCOL,
  HOLD_PROTOCOL,
  PLAIN_STAMP,
  type PlainAnswer,
  PROTOCOL,
  REPLICATION_PROTOCOL,
  stampOf,
} from "../wire/protocol.ts";
import type { Outdated, Sealed, ShardAnswer } from "../wire/shard-answer.ts";
import type { BucketLookup } from "./bucket-lookup.ts";
import { shardId } from "./shard-id.ts";
import { shardOfKey } from "./shard-of-key.ts";
import { notYetDeployed, valueOf } from "./value-of.ts";

export type ShardStub = DurableObjectStub<BucketIndexObject>;

/** A call of a shard, with its stamp and the revision of the shard part that is known. */
type Call<T> = (shard: ShardStub, stamp: number, known: Known) => Promise<ShardAnswer<T>>;

/**
 * Whether a request is let in, by the record of its bucket; or, once an object was read that is another account's or has an ACL, by
 * that object as well. What it throws ends the request.
 */
export type Decision = (bucket: BucketRecord, object?: ObjectRecord) => void;

/** Two writers of a configuration, and a dead delete: more can hardly come together. */
const MAX_ATTEMPTS = 5;

/**
 * The shards of a bucket, as a request calls them: under the bucket's record by which it was let in, or under a newer one by
 * which it was let in again.
 */
export class BucketShards {
  readonly #namespace: DurableObjectNamespace<BucketIndexObject>;
  readonly #directory: BucketDirectory;
  readonly #buckets: Pick<BucketLookup, "caughtUp">;
  readonly #decisions: readonly Decision[];
  readonly #origin: (() => Origin) | undefined;
  readonly #isListenedTo: boolean;
  #bucket: BucketRecord;

  /**
   * @param decidedOn how the bucket was when it was decided that the request is let in
   * @param decisions taken again, before anything is done, when a shard has heard of a newer revision of what gateways decide
   *   with
   * @param origin who makes the request, for buckets that want to know
   * @param isListenedTo somebody listens to the bucket, and wants to know
   */
  constructor(
    namespace: DurableObjectNamespace<BucketIndexObject>,
    directory: BucketDirectory,
    buckets: Pick<BucketLookup, "caughtUp">,
    decidedOn: BucketRecord,
    decisions: readonly Decision[],
    origin: (() => Origin) | undefined,
    isListenedTo: boolean,
  ) {
    this.#namespace = namespace;
    this.#directory = directory;
    this.#buckets = buckets;
    this.#bucket = decidedOn;
    this.#decisions = decisions;
    this.#origin = origin;
    this.#isListenedTo = isListenedTo;
  }

  /** As it is known now. */
  get bucket(): BucketRecord {
    return this.#bucket;
  }

  get bucketId(): string {
    return this.#bucket.id;
  }

  /** The names of all of them. */
  get names(): readonly string[] {
    const { id, shardCount } = this.#bucket;
    return Array.from({ length: shardCount }, (_, i) => `${id}/${i}`);
  }

  /** Which shard has a key. */
  numberOf(key: string): number {
    return shardOfKey(key, this.#bucket.shardCount);
  }

  /** Calls the shard of a key. */
  callOf<T>(key: string, call: Call<T>, protocol = PROTOCOL): Promise<T> {
    return this.call(this.numberOf(key), call, protocol);
  }

  call<T>(shardNumber: number, call: Call<T>, protocol = PROTOCOL): Promise<T> {
    return this.#call(this.#at(shardNumber), call, protocol);
  }

  callAll<T>(call: Call<T>, protocol = PROTOCOL): Promise<T[]> {
    return Promise.all(this.#all().map((shard) => this.#call(shard, call, protocol)));
  }

  /** Calls all shards, whether they are sealed or not. */
  async callSealed<T>(
    call: (shard: ShardStub, stamp: number) => Promise<PlainAnswer<T>>,
  ): Promise<T[]> {
    const answers = await Promise.all(this.#all().map((shard) => call(shard, PLAIN_STAMP)));
    return answers.map(valueOf);
  }

  /** Tells all shards of what gateways and shards decide with. */
  async tellAll(part: ShardPart | undefined): Promise<void> {
    await Promise.all(this.#all().map((shard) => this.#tell(shard, part)));
  }

  /** Decides by an object that is another account's or has an ACL. */
  decideOn(object: ObjectRecord): void {
    for (const decide of this.#decisions) decide(this.#bucket, object);
  }

  /**
   * Calls a shard, and calls it again when it had heard of a newer configuration, or had to be told of one, or was left
   * sealed by a dead delete.
   */
  async #call<T>(shard: ShardStub, call: Call<T>, protocol: number): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { gateway, shard: part } = this.#bucket;
      const isWanted = part.flags.wantsOrigin === true || this.#isListenedTo;
      const origin = isWanted ? this.#origin?.() : undefined;
      const answer =
        origin === undefined
          ? await call(shard, stampOf(gateway.revision, protocol), part.revision)
          : await call(shard, stampOf(gateway.revision, Math.max(protocol, EVENTS_PROTOCOL)), {
              revision: part.revision,
              origin,
            });
      if ("value" in answer) return answer.value;
      if ("unknownProtocol" in answer) throw notYetDeployed();
      if ("isFull" in answer) throw indexFull();
      if ("sealedBy" in answer) await this.#unsealIfAbandoned(shard, answer);
      else if (answer.gatewayRevision > this.#bucket.gateway.revision) {
        const newer = await this.#buckets.caughtUp(this.#bucket, answer.gatewayRevision);
        // First: calls of other shards are under way, which must not go on under a record that was not decided on.
        for (const decide of this.#decisions) decide(newer);
        this.#bucket = newer;
      } else await this.#tell(shard, await this.#missingPart(answer));
    }
    throw new S3Error("OperationAborted");
  }

  async #unsealIfAbandoned(shard: ShardStub, { sealedBy }: Sealed): Promise<void> {
    switch (await this.#directory.settleDelete(this.#bucket.id)) {
      case "deleted":
        throw new StaleBucketError();
      case "deleting":
        throw new S3Error("OperationAborted");
      case "active":
    }
    valueOf(await shard.unseal(PLAIN_STAMP, sealedBy));
  }

  /** What a shard lacks of what shards decide with: whoever changed it died before the shard was told. */
  async #missingPart({ shardRevision }: Outdated): Promise<ShardPart | undefined> {
    if (shardRevision >= this.#bucket.shard.revision) return undefined;
    const part = await this.#directory.readShardPart(this.#bucket.id);
    if (part === undefined) throw new StaleBucketError();
    return part;
  }

  async #tell(shard: ShardStub, part: ShardPart | undefined): Promise<void> {
    const stamp = stampOf(this.#bucket.gateway.revision, protocolOf(part));
    valueOf(await shard.configure(stamp, part));
  }

  #all(): ShardStub[] {
    return Array.from({ length: this.#bucket.shardCount }, (_, i) => this.#at(i));
  }

  #at(shardNumber: number): ShardStub {
    return this.#namespace.get(shardId(this.#namespace, this.#bucket.id, shardNumber));
  }
}

/** In JSON, a text that somebody chose has its quotes escaped: this is the member. */
function protocolOf(part: ShardPart | undefined): number {
  if (part?.documents.includes('"replication":') === true) return REPLICATION_PROTOCOL;
  if (part?.documents.includes('"EventBridgeConfiguration":') === true)
    return EVENT_BRIDGE_PROTOCOL;
  if (part?.documents.includes('"notification":') === true) return EVENTS_PROTOCOL;
  return part?.documents.includes('"DefaultEventHold"') === true ? HOLD_PROTOCOL : PROTOCOL;
}
