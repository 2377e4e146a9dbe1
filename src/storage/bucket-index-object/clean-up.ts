import { ulidFloor } from "../../lib/ulid.ts";
import type { ShardSettings } from "../../env.ts";
import type { BlobStore } from "../blob-store.ts";
import { dueGarbage, forgetGarbage, nextGarbageDueMs, unknownBlobs } from "./blobs.ts";
import type { ShardState } from "./shard-state.ts";

/** Keys of one R2 delete. */
const GARBAGE_BATCH = 1000;
/** Pages of one sweep run, so that an alarm stays far under its 15 minutes. */
const SWEEP_PAGES = 50;
const LEAST_SWEEP_INTERVAL_MS = 60_000;

interface CleanUp {
  readonly sql: SqlStorage;
  readonly state: ShardState;
  readonly blobs: BlobStore;
  readonly settings: ShardSettings;
  /** `<bucket id>/<shard>/`: every blob that this shard owns begins so. */
  readonly blobPrefix: string;
}

/** Deletes one batch of garbage: the bytes first, then the rows, so that a crash between them repeats the delete. */
export async function collectGarbage(
  { sql, blobs }: CleanUp,
  nowMs: number,
): Promise<number | undefined> {
  const due = dueGarbage(sql, nowMs, GARBAGE_BATCH);
  if (due.length > 0) {
    await blobs.delete(due);
    forgetGarbage(sql, due);
  }
  return nextGarbageDueMs(sql);
}

/**
 * Deletes the blobs that were written but never committed: a gateway died between the two, or could not tell.
 *
 * First the fence moves up to the orphan age, which forbids every later commit of an older blob; so a blob below it
 * that the index does not know is an orphan for certain. Then the scan goes on from where the last one ended, less
 * one orphan age, for uploads that took so long that their blob appeared behind the fence.
 */
export async function sweepOrphans(
  { sql, state, blobs, settings, blobPrefix }: CleanUp,
  nowMs: number,
): Promise<number | undefined> {
  const { orphanAgeMs } = settings;
  const fence = blobPrefix + ulidFloor(Math.max(0, nowMs - orphanAgeMs));
  if (fence > state.sweepFence) state.setSweepFence(fence);

  let after = state.sweepCursor;
  for (let page = 0; page < SWEEP_PAGES; page += 1) {
    const { ids, next } = await blobs.list(blobPrefix, after);
    const old = ids.filter((id) => id <= fence);
    const orphans = unknownBlobs(sql, old);
    if (orphans.length > 0) await blobs.delete(orphans);
    // Nothing will ever be written to the shard of a bucket that is gone; a delete that is undone writes again.
    if (state.seal !== undefined && after === state.sweepCursor && ids.length === 0)
      return undefined;
    if (next === undefined || old.length < ids.length) {
      state.setSweepCursor(blobPrefix + ulidFloor(Math.max(0, nowMs - 2 * orphanAgeMs)));
      return nowMs + Math.max(orphanAgeMs, LEAST_SWEEP_INTERVAL_MS);
    }
    after = next;
    state.setSweepCursor(next);
  }
  return nowMs;
}
