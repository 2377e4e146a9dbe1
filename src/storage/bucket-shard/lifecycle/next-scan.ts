import { textHash } from "../../../lib/text-hash.ts";
import { DAY_MS } from "../../../protocol/lifecycle/lifecycle-actions.ts";
import type { Shard } from "../shard.ts";
import type { Transaction } from "../transaction.ts";
import { writeCursor } from "./scan-cursor.ts";
import { forgetZones } from "./zones.ts";

const MAX_JITTER_MS = 6 * 3_600_000;
/** Scans of a day, where a day is shorter than a day. */
const SCANS_PER_SHORT_DAY = 10;

/** After midnight UTC, each shard at another time, so that not all shards scan at once. */
export function nextScanMs({ settings, state }: Shard, nowMs: number): number {
  const { dayMs } = settings.lifecycle;
  if (dayMs !== DAY_MS) return nowMs + Math.ceil(dayMs / SCANS_PER_SHORT_DAY);
  const jitterMs = textHash(state.name) % MAX_JITTER_MS;
  return Math.floor((nowMs - jitterMs) / DAY_MS + 1) * DAY_MS + jitterMs;
}

/** The bucket has other rules, or its versions are kept otherwise: what was found out under the old ones is void. */
export function restartLifecycle(transaction: Transaction, abortedUploads: boolean): void {
  const { sql, configuration, nowMs, schedule } = transaction;
  forgetZones(sql);
  writeCursor(sql, undefined);
  const { lifecycle } = configuration;
  if (lifecycle !== undefined) schedule("lifecycle", nextScanMs(transaction, nowMs));
  // Abandoned uploads are the business of one job: of this one only while a rule is about uploads.
  if (abortedUploads && lifecycle?.abortsUploads !== true) schedule("uploads", nowMs);
}
