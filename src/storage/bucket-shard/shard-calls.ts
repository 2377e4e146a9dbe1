import {
  gatewayRevisionOf,
  GROWTH_PROTOCOL,
  NEWEST_PROTOCOL,
  type PlainAnswer,
  protocolOf,
  type UnknownProtocol,
  unknownProtocol,
} from "../wire/protocol.ts";
import { type Known, originOf, revisionOf } from "../wire/known.ts";
import type { Elsewhere } from "../wire/growth.ts";
import type { Full, Outdated, Sealed, ShardAnswer } from "../wire/shard-answer.ts";
import { GroupCommit } from "./group-commit.ts";
import type { ShardGrowth } from "./growth/shard-growth.ts";
import type { JobTable } from "./job-table.ts";
import type { Listeners } from "./outbox/listeners.ts";
import type { Shard } from "./shard.ts";
import { perform, type Transaction } from "./transaction.ts";

const NOTHING_NOTED: ReturnType<Listeners["takeNoted"]> = [];

/** How a shard answers its calls: which of them it lets in, and in which transaction their effects run. */
export class ShardCalls {
  readonly #shard: Shard;
  readonly #storage: DurableObjectStorage;
  readonly #commits: GroupCommit;
  readonly #jobTable: JobTable;

  constructor(shard: Shard, storage: DurableObjectStorage, jobTable: JobTable) {
    this.#shard = shard;
    this.#storage = storage;
    this.#commits = new GroupCommit(storage, {
      reserveSequences: (count) => shard.state.reserveSequences(count),
      forget: () => this.#forgetRows(),
    });
    this.#jobTable = jobTable;
  }

  /**
   * A read of what the bucket has.
   *
   * @param known the revision of the shard part that the gateway knows
   * @param key the one that it is about, if it is about one
   */
  answer<T>(stamp: number, known: Known, effect: () => T, key?: string): ShardAnswer<T> {
    return this.#refusal(stamp, known, true, key) ?? { value: effect() };
  }

  /** As {@link answer}, of what is waited for. */
  async answerLater<T>(
    stamp: number,
    known: Known,
    effect: () => Promise<T>,
  ): Promise<ShardAnswer<T>> {
    const refusal = this.#refusal(stamp, known, true);
    if (refusal !== undefined) return refusal;
    const value = await effect();
    // Meanwhile the caller may have lost what it was let in by.
    return this.#refusal(stamp, known, true) ?? { value };
  }

  /** An effect that makes room, or takes little. */
  write<T>(
    stamp: number,
    known: Known,
    effect: (transaction: Transaction) => T,
    ...keys: readonly string[]
  ): Promise<ShardAnswer<T>> {
    return this.#commit(
      () => this.#refusal(stamp, known, false, ...keys) ?? { value: this.#perform(effect, known) },
    );
  }

  /** An effect that adds data: refused when the shard is full. */
  add<T>(
    stamp: number,
    known: Known,
    bodyBytes: () => number,
    effect: (transaction: Transaction) => T,
    ...keys: readonly string[]
  ): Promise<ShardAnswer<T>> {
    return this.#commit(() => {
      const refusal = this.#refusal(stamp, known, false, ...keys);
      if (refusal !== undefined) return refusal;
      return this.#shard.room.take(bodyBytes())
        ? { value: this.#perform(effect, known) }
        : { isFull: true };
    });
  }

  /** A read that no seal and no configuration has a say in. */
  tell<T>(stamp: number, effect: () => T): PlainAnswer<T> {
    return unknownProtocol(stamp) ?? { value: effect() };
  }

  /** An effect that no seal and no configuration has a say in. */
  transact<T>(stamp: number, effect: (transaction: Transaction) => T): Promise<PlainAnswer<T>> {
    return this.#commit(() => this.tell(stamp, () => this.#perform(effect)));
  }

  /** As {@link transact}, of one that takes of the room which a full shard has to spare. */
  addSpare<T>(
    stamp: number,
    effect: (transaction: Transaction) => T,
  ): Promise<PlainAnswer<T> | Full> {
    return this.#commit(() => {
      const unknown = unknownProtocol(stamp);
      if (unknown !== undefined) return unknown;
      return this.#shard.room.takeSpare() ? { value: this.#perform(effect) } : { isFull: true };
    });
  }

  /** The shard's own effect, which nobody called for, in a transaction of its own. */
  alone<T>(effect: (transaction: Transaction) => T): T {
    const { listeners } = this.#shard;
    listeners.takeNoted();
    try {
      const value = this.#storage.transactionSync(() => this.#perform(effect));
      listeners.tell(listeners.takeNoted());
      return value;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** What was read from a transaction that did not commit must not be remembered. */
  async #commit<T>(effect: () => T): Promise<T> {
    const { listeners } = this.#shard;
    let noted = NOTHING_NOTED;
    try {
      const value = await this.#commits.run(() => {
        // What an effect has noted that then failed did not happen.
        listeners.takeNoted();
        const done = effect();
        noted = listeners.takeNoted();
        return done;
      });
      listeners.tell(noted);
      return value;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** At once: what runs next goes by these. */
  #forgetRows(): void {
    this.#shard.state.forget();
    this.#shard.counts.forget();
  }

  #forget(): void {
    this.#forgetRows();
    this.#shard.cache.clear();
    this.#shard.logRoom.forget();
    this.#shard.configuration.reload();
    this.#shard.growth.reload();
    this.#jobTable.forget();
  }

  /**
   * What shards decide with is this shard's own, if the gateway knows nothing newer. What gateways decide with has to be
   * what the shard has heard of: the decision was the gateway's. And the shard has to have the keys.
   */
  #refusal(
    stamp: number,
    known: Known,
    isRead: boolean,
    ...keys: readonly (string | undefined)[]
  ): UnknownProtocol | Sealed | Outdated | Elsewhere | undefined {
    const { state, configuration, growth } = this.#shard;
    const unknown = unknownProtocol(stamp);
    if (unknown !== undefined) return unknown;
    if (state.seal !== undefined) return { sealedBy: state.seal };
    const { gatewayRevision, shardRevision } = configuration;
    if (gatewayRevision !== gatewayRevisionOf(stamp) || revisionOf(known) > shardRevision)
      return { gatewayRevision, shardRevision };
    if (growth.growth === undefined) return undefined;
    // A gateway whose code knows of no growth takes this shard for all that has the key.
    if (protocolOf(stamp) < GROWTH_PROTOCOL) return { unknownProtocol: NEWEST_PROTOCOL };
    return elsewhere(growth, isRead, keys);
  }

  #perform<T>(effect: (transaction: Transaction) => T, known: Known = 0): T {
    return perform(this.#shard, this.#jobTable, Date.now(), originOf(known), effect);
  }
}

/** Undefined: the shard has all of them. If only some have moved, none counts as moved: the gateway asks again. */
function elsewhere(
  growth: ShardGrowth,
  isRead: boolean,
  keys: readonly (string | undefined)[],
): Elsewhere | undefined {
  const found = keys.map((key) => (key === undefined ? undefined : growth.elsewhere(key, isRead)));
  const first = found.find((each) => each !== undefined);
  return first && { ...first, hasMoved: found.every((each) => each?.hasMoved === true) };
}
