import { ulidFloor } from "../../../lib/ulid.ts";
import type { ShardState } from "../shard-state.ts";

/** From now on no blob is committed, and no hold known, that was made before `timeMs`. @returns the fence as it stands */
export function raiseFence(state: ShardState, timeMs: number): string {
  const fence = `${state.name}/${ulidFloor(Math.max(0, timeMs))}`;
  if (fence > state.sweepFence) state.setSweepFence(fence);
  return state.sweepFence;
}
