import type { ShardSettings } from "../../../env.ts";
import { ulidFloor } from "../../../lib/ulid.ts";
import type { BlobStore } from "../../ports/blob-store.ts";
import {
  dueGarbage,
  forgetGarbage,
  forgetHeldGarbage,
  nextGarbageDueMs,
  unknownBlobs,
} from "../contents/contents.ts";
import { unstitch } from "../contents/segments.ts";
import type { ShardState } from "../shard-state.ts";
import type { Transact } from "../transaction.ts";
import { raiseFence } from "./fence.ts";
import { tellOfJob } from "./job-log.ts";

/** Keys of one R2 delete. */
const GARBAGE_BATCH = 1000;
/** Segments that one run takes apart. */
const UNSTITCH_BATCH = 10_000;
/** Pages of one sweep run, so that an alarm stays far under its 15 minutes. */
const SWEEP_PAGES = 50;
const LEAST_SWEEP_INTERVAL_MS = 60_000;
/** After every ULID: the cursor of a sealed shard in which nothing was found, to be looked through once more. */
const LAST_LOOK = "~";

interface CleanUp {
  readonly sql: SqlStorage;
  readonly transact: Transact;
  readonly state: ShardState;
  readonly blobs: BlobStore;
  readonly settings: ShardSettings;
  /** `<bucket id>/<shard>/`: every blob that this shard owns begins so. */
  readonly blobPrefix: string;
}

/**
 * Ends one batch of garbage. Of blobs the bytes go first, then the rows, so that a crash between them repeats the delete;
 * what was stitched is taken apart, and what another shard holds for this one goes on its way back.
 */
export async function collectGarbage(
  { sql, state, transact, blobs }: CleanUp,
  nowMs: number,
): Promise<number | undefined> {
  const due = dueGarbage(sql, nowMs, GARBAGE_BATCH);
  transact((transaction) => {
    let room = UNSTITCH_BATCH;
    for (const { contentId, holdToken, isStitched } of due) {
      if (holdToken !== undefined) {
        forgetHeldGarbage(transaction, contentId);
      } else if (isStitched && room > 0) {
        // Another object may have had these blobs until a moment ago: they wait for its readers as well.
        const taken = unstitch(transaction, contentId, room);
        if (taken < room) forgetGarbage(sql, [contentId]);
        room -= taken;
      }
    }
  });
  const dueBlobs = due.filter((entry) => entry.holdToken === undefined && !entry.isStitched);
  const blobIds = dueBlobs.map(({ contentId }) => contentId);
  if (blobIds.length > 0) {
    await blobs.delete(blobIds);
    forgetGarbage(sql, blobIds);
  }
  const told = { blobs: blobIds.length, otherContents: due.length - blobIds.length };
  tellOfJob(state.name, "garbage", "done", told);
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
  const fence = raiseFence(state, nowMs - orphanAgeMs);
  const againMs = nowMs + Math.max(orphanAgeMs, LEAST_SWEEP_INTERVAL_MS);
  const lastLook = blobPrefix + LAST_LOOK;
  const isLastLook = state.sweepCursor === lastLook;
  let after = isLastLook ? "" : state.sweepCursor;
  for (let page = 0; page < SWEEP_PAGES; page += 1) {
    const { ids, next } = await blobs.list(blobPrefix, after);
    const old = ids.filter((id) => id <= fence);
    const orphans = unknownBlobs(sql, old);
    if (orphans.length > 0) await blobs.delete(orphans);
    tellOfJob(state.name, "sweep", "done", { orphans: orphans.length });
    // A sealed shard gets no more blobs once the uploads that were under way have ended, so that it need not be swept for
    // ever. If the delete is undone, the next write schedules a sweep.
    if (state.seal !== undefined && page === 0 && ids.length === 0) {
      if (isLastLook) return undefined;
      state.setSweepCursor(lastLook);
      return againMs;
    }
    if (next === undefined || old.length < ids.length) {
      state.setSweepCursor(blobPrefix + ulidFloor(Math.max(0, nowMs - 2 * orphanAgeMs)));
      return againMs;
    }
    after = next;
    state.setSweepCursor(next);
  }
  return nowMs;
}
