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

/** Requests wait for a slice, which takes 5.5 µs a version and 90 µs an action (measured 2026-11 in workerd, beside other work). */
const LIMITS: ScanLimits = { versions: 50, actions: 50, zoneVersions: 4096 };
/** Slices of one run, of which none does anything but the last. A run ends with a row that says how far it came, and an alarm. */
const SLICES = 5;
/** Between two slices of a run, so that requests which came meanwhile are through and few wait for both. */
const BREATH_MS = 5;
/** Until the next run. A million versions are looked at in 500 seconds, and 500 a second expire. */
const PAUSE_MS = 100;

/** Some slices of the daily scan by the bucket's lifecycle rules. */
export async function runLifecycle(
  shard: Shard,
  nowMs: number,
  transact: Transact,
): Promise<number | undefined> {
  const { lifecycle } = shard.configuration;
  const scan = new LifecycleScan(shard, nowMs, transact);
  let againMs = scan.next();
  for (let slice = 1; slice < SLICES && scan.mayGoOn; slice += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, BREATH_MS);
    });
    // Other rules have begun anew.
    if (shard.configuration.lifecycle !== lifecycle) return nowMs;
    againMs = scan.next(slice === SLICES - 1);
  }
  return againMs;
}

/** Slices that follow one another, each in one transaction. */
export class LifecycleScan {
  readonly #shard: Shard;
  readonly #nowMs: number;
  readonly #transact: Transact;
  readonly #limits: ScanLimits;
  /** Where it is, which may be beyond what is written down: after a crash, that is read once more. */
  #ahead: ScanCursor | undefined;
  #hasDone = false;

  constructor(shard: Shard, nowMs: number, transact: Transact, limits = LIMITS) {
    this.#shard = shard;
    this.#nowMs = nowMs;
    this.#transact = transact;
    this.#limits = limits;
  }

  /** It has found nothing to be done yet, nor has it ended. */
  get mayGoOn(): boolean {
    return this.#ahead !== undefined && !this.#hasDone;
  }

  /** @param isLast what it has found out is written down in any case */
  next(isLast = false): number | undefined {
    const { lifecycle } = this.#shard.configuration;
    if (lifecycle === undefined || this.#shard.state.seal !== undefined) return undefined;
    const tally = new LifecycleTally();
    const cursor = this.#transact((transaction) => {
      const before = this.#ahead ?? readCursor(transaction.sql);
      const after = withLifecycleLines(transaction, (logged) =>
        nextSlice(logged, before, this.#nowMs, this.#limits, tally),
      );
      tally.keep(transaction.sql);
      if (isLast || !tally.isEmpty || !isSameZone(before, after))
        writeCursor(transaction.sql, after);
      return after;
    });
    this.#ahead = cursor;
    this.#hasDone = !tally.isEmpty;
    tellOfJob(this.#shard.state.name, "lifecycle", "done", tally.told());
    return cursor === undefined ? nextScanMs(this.#shard, this.#nowMs) : this.#nowMs + PAUSE_MS;
  }
}

/** Zones are opened and closed with the cursor that says so. */
function isSameZone(a: ScanCursor | undefined, b: ScanCursor | undefined): boolean {
  return a?.phase === "zone" && b?.phase === "zone" && a.zone.firstKey === b.zone.firstKey;
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
