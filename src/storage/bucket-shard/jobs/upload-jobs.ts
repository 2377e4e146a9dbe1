import type { BucketDirectory } from "../../ports/bucket-directory.ts";
import type { Shard } from "../shard.ts";
import type { Transact, Transaction } from "../transaction.ts";
import { tellOfJob } from "./job-log.ts";
import { forgetCompletions } from "../uploads/completions.ts";
import { abortUploadsBefore, oldestUploadMs } from "../uploads/uploads.ts";
import { bucketIdOf } from "../../wire/shard-name.ts";

/** Uploads of one transaction; each may have 10,000 parts. */
const BATCH = 10;
/** When to ask again about a bucket whose delete is under way. */
const SETTLING_MS = 60_000;

/** Aborts the uploads that began `uploadExpiryMs` ago, and all of a bucket that is gone. A delete that died is undone. */
export async function abandonUploads(
  { sql, state, settings, configuration }: Shard,
  directory: BucketDirectory,
  nowMs: number,
  transact: Transact,
): Promise<number | undefined> {
  const { uploadExpiryMs } = settings;
  const { seal } = state;
  const fate = seal === undefined ? "active" : await settle(directory, state.name);
  // The delete came to nothing, and its gateway died before it could say so.
  if (fate === "active" && seal !== undefined && state.seal === seal)
    transact(() => state.setSeal(undefined));
  const isGone = fate === "deleted";
  // The lifecycle job does it, where a rule is about uploads.
  if (fate === "active" && configuration.lifecycle?.abortsUploads === true) return undefined;
  const beforeMs = isGone ? nowMs : nowMs - uploadExpiryMs;
  const mayAbort = isGone || uploadExpiryMs > 0;
  const aborted = mayAbort
    ? transact((transaction) => abortUploadsBefore(transaction, beforeMs, BATCH))
    : 0;
  tellOfJob(state.name, "uploads", "done", { aborted });
  if (aborted === BATCH) return nowMs;
  const oldestMs = oldestUploadMs(sql);
  if (oldestMs === undefined) return undefined;
  if (fate === "deleting") return nowMs + SETTLING_MS;
  return uploadExpiryMs > 0 ? oldestMs + uploadExpiryMs : undefined;
}

function settle(
  directory: BucketDirectory,
  shardName: string,
): ReturnType<BucketDirectory["settleDelete"]> {
  return directory.settleDelete(bucketIdOf(shardName));
}

/** Forgets what was answered to completions that nobody repeats any more. */
export function forgetOldAnswers(transaction: Transaction): number | undefined {
  const { forgotten, againMs } = forgetCompletions(transaction);
  tellOfJob(transaction.state.name, "completions", "done", { forgotten });
  return againMs;
}
