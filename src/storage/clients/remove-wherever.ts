import type { Removal, RemoveOutcome } from "../ports/bucket-index.ts";
import type { Elsewhere } from "../wire/growth.ts";
import type { BucketShards } from "./bucket-shards.ts";
import { pauses } from "./key-pauses.ts";

type RemoveFromShard = (
  shardNumber: number,
  removals: readonly Removal[],
) => Promise<readonly (Elsewhere | RemoveOutcome)[]>;

const SHARD_FAILED = { ok: false, reason: "InternalError" } as const;
const KEY_MOVING = { ok: false, reason: "KeyMoving" } as const;

/** Removes of each shard what it has, and asks again about what has moved. @returns an outcome for each, in their order */
export async function removeWherever(
  shards: BucketShards,
  removals: readonly Removal[],
  removeFromShard: RemoveFromShard,
): Promise<readonly RemoveOutcome[]> {
  const outcomes: RemoveOutcome[] = [];
  let left = [...removals.keys()];
  for (const pauseMs of pauses()) {
    const byShard = Map.groupBy(left, (at) => shards.numberOf(removals[at]?.key ?? ""));
    const moved: { readonly at: number; readonly shard: number; readonly answer: Elsewhere }[] = [];
    const shares = [...byShard].map(async ([shard, ats]) => {
      const share = ats.flatMap((at) => removals[at] ?? []);
      const results = await removeFromShard(shard, share);
      for (const [i, at] of ats.entries()) {
        const result = results[i] ?? SHARD_FAILED;
        if ("hasMoved" in result) moved.push({ at, shard, answer: result });
        else outcomes[at] = result;
      }
    });
    await Promise.all(shares);
    if (moved.length === 0) return outcomes;
    await Promise.all(moved.map(({ shard, answer }) => shards.followKey(answer, shard, pauseMs)));
    left = moved.map(({ at }) => at);
  }
  for (const at of left) outcomes[at] = KEY_MOVING;
  return outcomes;
}
