import { ulidTimeMs } from "../../../lib/ulid.ts";
import {
  confirmHolds,
  dropHolds,
  forgetReleasedHolds,
  knownHolds,
  releasedHolds,
  unconfirmedHolds,
} from "../contents/holds.ts";
import type { Transact, Transaction } from "../transaction.ts";
import { raiseFence } from "./fence.ts";
import { tellOfJob } from "./job-log.ts";
import { homeOf } from "../../wire/shard-name.ts";

/** Tokens of one call between shards. */
const BATCH = 1000;
/** When to call a shard again that failed, or that could not judge a hold yet, which by its own clock is too young. */
const ASK_AGAIN_MS = 60_000;

/** A hold that is in neither list is of a copy that may still be committed. */
export interface JudgedHolds {
  /** The shard has these. */
  readonly known: readonly string[];
  /** The shard does not have these, and never will. */
  readonly lost: readonly string[];
}

/** What shards ask of each other, in batches. */
export interface HoldPeer {
  /** Holds that this shard gave are not needed any more. */
  releaseHolds(tokens: readonly string[]): Promise<void>;
  /** What became of these holds that this shard was given. */
  judgeHolds(tokens: readonly string[]): Promise<JudgedHolds>;
}

/** The other side of {@link checkHolds}: what this shard does not know and is older than the fence, it never will. */
export function judgeHolds(
  { sql, state, nowMs, settings }: Transaction,
  tokens: readonly string[],
): JudgedHolds {
  const fence = raiseFence(state, nowMs - settings.orphanAgeMs);
  const known = new Set(knownHolds(sql, tokens));
  const lost = tokens.filter((token) => !known.has(token) && token <= fence);
  return { known: [...known], lost };
}

type PeerOf = (shardName: string) => HoldPeer;

/** Gives holds back to the shards that gave them; repeated after a crash, since giving one back twice is no harm. */
export async function returnHolds(
  shard: string,
  sql: SqlStorage,
  peerOf: PeerOf,
  nowMs: number,
): Promise<number | undefined> {
  const released = releasedHolds(sql, BATCH);
  const byHome = Map.groupBy(released, ({ contentId }) => homeOf(contentId));
  let againMs = released.length < BATCH ? undefined : nowMs;
  for (const [home, holds] of byHome) {
    const tokens = holds.map(({ token }) => token);
    try {
      await peerOf(home).releaseHolds(tokens);
      forgetReleasedHolds(sql, tokens);
      tellOfJob(shard, "released-holds", "done", { home, holds: tokens.length });
    } catch (error) {
      // One shard that fails does not keep the others from theirs.
      tellOfJob(shard, "released-holds", "failed", { home, reason: String(error) });
      againMs = nowMs + ASK_AGAIN_MS;
    }
  }
  return againMs;
}

/**
 * Asks the holders of holds that are older than `orphanAgeMs` whether they have them: a copy that came to nothing left
 * one behind. A holder that knows its hold gives it back by itself one day.
 */
export async function checkHolds(
  shard: string,
  sql: SqlStorage,
  peerOf: PeerOf,
  orphanAgeMs: number,
  nowMs: number,
  transact: Transact,
): Promise<number | undefined> {
  let after = "";
  let againMs: number | undefined;
  for (;;) {
    const tokens = unconfirmedHolds(sql, after, BATCH);
    const isOld = (token: string): boolean => timeOf(token) + orphanAgeMs <= nowMs;
    const byHolder = Map.groupBy(tokens.filter(isOld), homeOf);
    for (const [holder, asked] of byHolder) {
      const { known, lost } = await peerOf(holder).judgeHolds(asked);
      transact((transaction) => {
        confirmHolds(sql, known);
        dropHolds(transaction, lost);
      });
      tellOfJob(shard, "holds", "done", {
        holder,
        confirmed: known.length,
        dropped: lost.length,
      });
      if (known.length + lost.length < asked.length)
        againMs = Math.max(againMs ?? 0, nowMs + ASK_AGAIN_MS);
    }
    for (const token of tokens)
      if (!isOld(token)) againMs = Math.max(againMs ?? 0, timeOf(token) + orphanAgeMs);
    const last = tokens.at(-1);
    if (tokens.length < BATCH || last === undefined) break;
    after = last;
  }
  return againMs;
}

function timeOf(token: string): number {
  return ulidTimeMs(token.slice(token.lastIndexOf("/") + 1));
}
