import type { Origin } from "../../protocol/events/origin.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { ObjectRecord } from "../../protocol/object-record.ts";
import { indexFull } from "../../protocol/refusal.ts";
import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { BucketDirectory, BucketRecord, ShardPart } from "../ports/bucket-directory.ts";
import { type ShardMove, StaleBucketError } from "../ports/bucket-index.ts";
import type { Decision } from "../ports/decision.ts";
import type { Elsewhere } from "../wire/growth.ts";
import type { Known } from "../wire/known.ts";
import {
  EVENT_BRIDGE_PROTOCOL,
  EVENTS_PROTOCOL,
  GROWTH_PROTOCOL,
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
import { allShards, areTogether, placeOf, rememberMoved } from "./shard-map.ts";
import { growthCall } from "./growth-call.ts";
import { PAUSE, pauses } from "./key-pauses.ts";
import { notYetDeployed, valueOf } from "./value-of.ts";
import { shardName } from "../wire/shard-name.ts";

export type ShardStub = DurableObjectStub<BucketIndexObject>;

/** A call of a shard, with its stamp, the revision of the shard part that is known, and which shard it is. */
type Call<T> = (
  shard: ShardStub,
  stamp: number,
  known: Known,
  shardNumber: number,
) => Promise<ShardAnswer<T>>;

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

  /** The names of all of them, those included that it is growing to. */
  get names(): readonly string[] {
    return numbers(0, allShards(this.#bucket)).map((number) => shardName(this.#bucket.id, number));
  }

  /** Which shard has a key, as far as is known: while the bucket grows, another one may by now. */
  numberOf(key: string): number {
    return placeOf(this.#bucket, key);
  }

  /** Both keys are in one shard, as far as is known, and stay together. */
  haveTogether(key: string, otherKey: string): boolean {
    return areTogether(this.#bucket, key, otherKey);
  }

  /** Calls the shard of a key. */
  async callOf<T>(key: string, call: Call<T>, protocol = PROTOCOL): Promise<T> {
    for (const pauseMs of pauses()) {
      const number = this.numberOf(key);
      const answer = await this.#call(number, call, protocol);
      if ("value" in answer) return answer.value;
      await this.followKey(answer, number, pauseMs);
    }
    throw new S3Error("SlowDown");
  }

  /** The key was somewhere else than was thought: now it is known where, unless it is under way, which takes a moment. */
  async followKey(answer: Elsewhere, shardNumber: number, pauseMs: number): Promise<void> {
    rememberMoved(this.#bucket, shardNumber, answer.movedUpTo);
    if (!answer.hasMoved) await PAUSE.for(pauseMs);
  }

  /** Calls a shard about several keys, which it tells apart by itself. */
  async call<T>(shardNumber: number, call: Call<T>, protocol = PROTOCOL): Promise<T> {
    return atShard(await this.#call(shardNumber, call, protocol));
  }

  /**
   * Calls all shards. Those that give keys away come first: what one of them has not any more when it answers, the other has when it
   * is called. So none that is there all the while is missed; one that moves meanwhile may be told twice.
   */
  async callAll<T>(call: Call<T>, protocol = PROTOCOL): Promise<T[]> {
    const { shardCount } = this.#bucket;
    const answerOf = async (number: number): Promise<T> =>
      atShard(await this.#call(number, call, protocol));
    const olds = await Promise.all(numbers(0, shardCount).map(answerOf));
    // As the record is by now: another one may have been told of meanwhile.
    const all = allShards(this.#bucket);
    const news = await Promise.all(numbers(shardCount, all).map(answerOf));
    return [...olds, ...news];
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

  /** What the shards that give keys away have given. */
  moves(): Promise<ShardMove[]> {
    const epoch = this.#bucket.growth?.epoch ?? 0;
    const moveOf = async (shard: number): Promise<ShardMove> => {
      const progress = await growthCall(this.#at(shard), "progress");
      if (progress?.epoch !== epoch) return { shard, isDone: false, movedKeys: undefined };
      const { isDone, movedKeys } = progress;
      return { shard, isDone, movedKeys };
    };
    return Promise.all(numbers(0, this.#bucket.shardCount).map(moveOf));
  }

  /** Decides by an object that is another account's or has an ACL. */
  decideOn(object: ObjectRecord): void {
    for (const decide of this.#decisions) decide(this.#bucket, object);
  }

  /**
   * Calls a shard, and calls it again when it had heard of a newer configuration, or had to be told of one, or was left
   * sealed by a dead delete.
   */
  async #call<T>(
    number: number,
    call: Call<T>,
    protocol: number,
  ): Promise<Elsewhere | { readonly value: T }> {
    const shard = this.#at(number);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { gateway, shard: part, growth } = this.#bucket;
      const isWanted = part.flags.wantsOrigin === true || this.#isListenedTo;
      const origin = isWanted ? this.#origin?.() : undefined;
      const known = origin === undefined ? part.revision : { revision: part.revision, origin };
      const spoken = Math.max(
        protocol,
        origin === undefined ? 0 : EVENTS_PROTOCOL,
        growth === undefined ? 0 : GROWTH_PROTOCOL,
      );
      const answer = await call(shard, stampOf(gateway.revision, spoken), known, number);
      if ("value" in answer || "hasMoved" in answer) return answer;
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
    const { gateway, shardCount, growth } = this.#bucket;
    if (growth?.to === undefined) {
      valueOf(await shard.configure(stampOf(gateway.revision, protocolOf(part)), part));
      return;
    }
    const begun = { epoch: growth.epoch, before: shardCount, after: growth.to };
    const stamp = stampOf(gateway.revision, Math.max(GROWTH_PROTOCOL, protocolOf(part)));
    valueOf(await shard.configure(stamp, part, begun));
  }

  #all(): ShardStub[] {
    return numbers(0, allShards(this.#bucket)).map((number) => this.#at(number));
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

/** Of a call about no one key: a shard that is asked for a key's sake alone says that it is elsewhere. */
function atShard<T>(answer: Elsewhere | { readonly value: T }): T {
  if ("value" in answer) return answer.value;
  throw new S3Error("SlowDown");
}

/** From the first on, up to the one that is not among them. */
function numbers(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
}
