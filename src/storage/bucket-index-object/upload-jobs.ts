import type { ShardSettings } from "../../env.ts";
import type { BucketDirectory } from "../bucket-directory.ts";
import type { Run, Shard } from "./shard.ts";
import { abortUploadsBefore, oldestUploadMs } from "./uploads.ts";

/** Uploads of one transaction; each may have 10,000 parts. */
const BATCH = 10;
/** When to ask again about a bucket whose delete is under way. */
const SETTLING_MS = 60_000;

/** Aborts the uploads that began `uploadExpiryMs` ago, and all of a bucket that is gone. A delete that died is undone. */
export async function abandonUploads(
  { sql, state }: Shard,
  directory: BucketDirectory,
  { uploadExpiryMs }: ShardSettings,
  nowMs: number,
  run: Run,
): Promise<number | undefined> {
  const { seal } = state;
  const fate = seal === undefined ? "active" : await settle(directory, state.name);
  // The delete came to nothing, and its gateway died before it could say so.
  if (fate === "active" && seal !== undefined && state.seal === seal)
    run(() => state.setSeal(undefined));
  const isGone = fate === "deleted";
  const beforeMs = isGone ? nowMs : nowMs - uploadExpiryMs;
  const mayAbort = isGone || uploadExpiryMs > 0;
  if (mayAbort && run((shard) => abortUploadsBefore(shard, beforeMs, BATCH)) === BATCH)
    return nowMs;
  const oldestMs = oldestUploadMs(sql);
  if (oldestMs === undefined) return undefined;
  if (fate === "deleting") return nowMs + SETTLING_MS;
  return uploadExpiryMs > 0 ? oldestMs + uploadExpiryMs : undefined;
}

function settle(
  directory: BucketDirectory,
  shardName: string,
): ReturnType<BucketDirectory["settleDelete"]> {
  return directory.settleDelete(shardName.slice(0, shardName.lastIndexOf("/")));
}
