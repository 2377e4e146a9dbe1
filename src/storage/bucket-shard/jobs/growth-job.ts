import type { Growth, MovedChunk, MovePosition, ReceivedChunk } from "../../wire/growth.ts";
import type { WantedHold } from "../contents/holds.ts";
import { endOfRange, movingKeys } from "../growth/key-range.ts";
import { MOVE_LIMITS } from "../growth/move-limits.ts";
import { nextChunk } from "../growth/next-chunk.ts";
import { NO_KEY } from "../growth/outgoing-records.ts";
import { RangePace } from "../growth/range-pace.ts";
import { removeMoved } from "../growth/remove-moved.ts";
import type { Shard } from "../shard.ts";
import type { Transact, Transaction } from "../transaction.ts";
import { tellOfJob } from "./job-log.ts";
import { bucketIdOf, shardName, shardNumberOf } from "../../wire/shard-name.ts";

/** When to call a shard again that failed: keys may be under way. */
const ASK_AGAIN_MS = 1000;
/** Between two ranges. Where syncs and calls take time, others have had their turn then. */
const LONGEST_REST_MS = 50;
/** A chunk that is refused so often in a row for what has arrived is a fault. */
const MAX_REFUSALS = 5;

/** What a shard asks of one that it sends keys to, or that has contents of what it sends. */
export interface GrowthPeer {
  /** @param nextSequence of this shard */
  expectKeys(growth: Growth, nextSequence: number): Promise<MovePosition | null>;
  receiveKeys(chunk: MovedChunk): Promise<ReceivedChunk>;
  takeHolds(wanted: readonly WantedHold[]): Promise<readonly string[]>;
}

export interface GrowthJob {
  readonly shard: Shard;
  readonly transact: Transact;
  /** Done when all that was written is on disk. */
  readonly sync: () => Promise<void>;
  /** Lets others have their turn. Where shards and gateways share a thread, calls among them alone would keep it to themselves. */
  readonly rest: (ms: number) => Promise<void>;
  /** By its name. */
  readonly peerOf: (shardName: string) => GrowthPeer;
  /** This shard has given away all. @returns the newest revision of what gateways decide with, if the bucket is there still */
  readonly report: (growth: Growth) => Promise<number | undefined>;
}

/**
 * Gives away the keys that a growth of the bucket moves, range after range (`docs/design/growth.md`): nothing is written to the keys
 * of a range while they are sent; when all has arrived, they are the other shard's, in the transaction that deletes them here.
 */
export async function moveKeys(job: GrowthJob, nowMs: number): Promise<number | undefined> {
  const { growth } = job.shard;
  const { growth: begun } = growth;
  if (begun === undefined || !growth.isSource) return undefined;
  try {
    if (growth.isMoving) {
      const isDone = await moveRanges(job, begun);
      tell(job, isDone ? "has ended" : "goes on", begun);
      if (!isDone) return nowMs;
    }
    const revision = await job.report(begun);
    if (revision !== undefined)
      job.transact(({ configuration }) => configuration.hearOfGatewayPart(revision));
    return undefined;
  } catch (error) {
    tellOfJob(job.shard.state.name, "growth", "failed", { reason: String(error) });
    return nowMs + ASK_AGAIN_MS;
  }
}

function tell({ shard }: GrowthJob, growth: string, { before, after }: Growth): void {
  const { movedKeys = 0 } = shard.growth.progress ?? {};
  const told = { growth, shards: before, growingTo: after, movedKeys };
  tellOfJob(shard.state.name, "growth", "done", told);
}

/** @returns false: there is more */
async function moveRanges(job: GrowthJob, begun: Growth): Promise<boolean> {
  const { shard, transact } = job;
  const { growth } = shard;
  const pace = new RangePace();
  const targets = await expectAll(job, begun);
  if (growth.movedUpTo === NO_KEY) {
    for (const target of targets.values()) await target.send([NO_KEY]);
    if (growth.underWayUpTo === undefined) tell(job, "begins", begun);
  }
  for (let range = 0; range < MOVE_LIMITS.rangesOfRun; range += 1) {
    const beganMs = performance.now();
    const upTo = growth.underWayUpTo ?? transact((transaction) => setOut(transaction, pace.keys));
    if (upTo === undefined) return true;
    const keys = movingKeys(shard.sql, growth, upTo);
    await job.sync();
    for (const [number, share] of keys) await targets.get(number)?.send(share);
    const all = [...keys.values()].flat();
    while (!transact((transaction) => remove(transaction, all, upTo))) await job.sync();
    const tookMs = performance.now() - beganMs;
    pace.note(tookMs);
    await job.rest(Math.min(tookMs, LONGEST_REST_MS));
  }
  return false;
}

/** @param limit of keys @returns the last key of the next range; undefined: there is none, and all has moved */
function setOut({ sql, growth }: Transaction, limit: number): string | undefined {
  const upTo = endOfRange(sql, growth, limit);
  if (upTo === undefined) growth.finish();
  else growth.setOut(upTo);
  return upTo;
}

/** @returns false: there is more */
function remove(transaction: Transaction, keys: readonly string[], upTo: string): boolean {
  const { growth } = transaction;
  const isAll = removeMoved(transaction, keys, MOVE_LIMITS.removals);
  if (isAll) growth.advance(upTo, keys.length);
  else growth.handOver();
  return isAll;
}

/** Tells all shards that get keys of the growth, even those that get none: their writes begin above this shard's. */
async function expectAll(job: GrowthJob, begun: Growth): Promise<ReadonlyMap<number, Target>> {
  const { name, nextSequence } = job.shard.state;
  const targets = new Map<number, Target>();
  const own = shardNumberOf(name);
  for (let number = own + begun.before; number < begun.after; number += begun.before) {
    const targetName = shardName(bucketIdOf(name), number);
    const arrived = await job.peerOf(targetName).expectKeys(begun, nextSequence);
    targets.set(number, new Target(job, targetName, arrived));
  }
  return targets;
}

/** A shard that gets keys, and what has arrived there. */
class Target {
  readonly #job: GrowthJob;
  readonly #name: string;
  #arrived: MovePosition | null;

  constructor(job: GrowthJob, name: string, arrived: MovePosition | null) {
    this.#job = job;
    this.#name = name;
    this.#arrived = arrived;
  }

  /** Done when all that belongs to these keys has arrived. */
  async send(keys: readonly string[]): Promise<void> {
    const { transact, sync, peerOf } = this.#job;
    for (let refusals = 0; refusals < MAX_REFUSALS;) {
      const outgoing = transact((transaction) =>
        nextChunk(transaction, this.#name, keys, this.#arrived),
      );
      if (outgoing === undefined) return;
      const { chunk, wantedElsewhere } = outgoing;
      await sync();
      for (const [home, wanted] of wantedElsewhere) await peerOf(home).takeHolds(wanted);
      const received = await peerOf(this.#name).receiveKeys(chunk);
      if (received.ok) {
        this.#arrived = chunk.last;
        refusals = 0;
        continue;
      }
      refusals += 1;
      if (received.reason === "Position") this.#arrived = received.last;
    }
    throw new Error(`${this.#name} takes no keys`);
  }
}
