import { withLifecycleLines } from "../access-log/lifecycle-lines.ts";
import { abortUploads } from "../lifecycle/abort-uploads.ts";
import { LifecycleTally } from "../lifecycle/lifecycle-totals.ts";
import { nextScanMs } from "../lifecycle/next-scan.ts";
import {
  FIRST_UPLOAD,
  readCursor,
  type ScanCursor,
  writeCursor,
} from "../lifecycle/scan-cursor.ts";
import { beginZone, type ScanLimits, scanZone } from "../lifecycle/scan-zone.ts";
import { dueZone, zoneBehind } from "../lifecycle/zones.ts";
import type { Shard } from "../shard.ts";
import type { Transact, Transaction } from "../transaction.ts";
import { tellOfJob } from "./job-log.ts";

/**
 * Requests wait for a slice, which takes 5.5 µs a version and 90 µs an action, and for no more than a few of a hundred does one
 * run (measured 2026-11 in workerd, beside other work).
 */
const LIMITS: ScanLimits = { versions: 250, actions: 50, zoneVersions: 4096 };
/** Until the next slice. A million versions are looked at in 400 seconds, and 500 a second expire. */
const PAUSE_MS = 100;

/** One slice of the daily scan by the bucket's lifecycle rules, in one transaction. */
export function scanByLifecycle(
  shard: Shard,
  nowMs: number,
  transact: Transact,
  limits = LIMITS,
): number | undefined {
  const { lifecycle } = shard.configuration;
  if (lifecycle === undefined || shard.state.seal !== undefined) return undefined;
  const tally = new LifecycleTally();
  const isDone = transact((transaction) => {
    const cursor = withLifecycleLines(transaction, (logged) =>
      nextSlice(logged, readCursor(logged.sql), nowMs, limits, tally),
    );
    tally.keep(transaction.sql);
    writeCursor(transaction.sql, cursor);
    return cursor === undefined;
  });
  tellOfJob(shard.state.name, "lifecycle", "done", tally.told());
  return isDone ? nextScanMs(shard, nowMs) : nowMs + PAUSE_MS;
}

function nextSlice(
  transaction: Transaction,
  cursor: ScanCursor | undefined,
  nowMs: number,
  limits: ScanLimits,
  tally: LifecycleTally,
): ScanCursor | undefined {
  const { sql, state, configuration } = transaction;
  const { lifecycle } = configuration;
  if (lifecycle === undefined) return undefined;
  if (cursor === undefined || cursor.phase === "uploads") {
    const after = cursor?.after ?? FIRST_UPLOAD;
    if (lifecycle.abortsUploads) return abortUploads(transaction, lifecycle, after, nowMs, tally);
    return nextSlice(transaction, { phase: "zones", from: "" }, nowMs, limits, tally);
  }
  if (cursor.phase === "zones") {
    const firstKey = dueZone(sql, cursor.from, nowMs);
    if (firstKey === undefined) return undefined;
    const zone = beginZone(sql, firstKey, zoneBehind(sql, firstKey), nowMs);
    return nextSlice(transaction, { phase: "zone", zone }, nowMs, limits, tally);
  }
  state.reserveSequences(limits.actions);
  return scanZone(transaction, lifecycle, cursor.zone, nowMs, limits, tally);
}
