import {
  actionNow,
  earliestOfNew,
  type LifecycleEntry,
  NEVER_MS,
  plannedActions,
} from "../../../protocol/lifecycle/lifecycle-actions.ts";
import type { Lifecycle } from "../../../protocol/lifecycle/lifecycle.ts";
import { readAttributes } from "../../wire/attributes-column.ts";
import { AFTER_ALL_TEXT } from "../rows/fold.ts";
import { versionOrder } from "../rows/version-order.ts";
import type { Transaction } from "../transaction.ts";
import { applyLifecycle } from "./apply-lifecycle.ts";
import type { LifecycleTally } from "./lifecycle-totals.ts";
import type { PassedVersion, ScanCursor, ScannedZone, VersionPosition } from "./scan-cursor.ts";
import { closeZone, mergeZone, openZone } from "./zones.ts";

interface ScannedRow extends Record<string, SqlStorageValue> {
  key: string;
  sequence: number;
  is_marker: number;
  modified_ms: number;
  size_bytes: number;
  storage_class: string;
  attributes: string | null;
}

const { fromKey: FROM_KEY, ofKey: OF_KEY } = versionOrder(
  "key, sequence, modified_ms, size_bytes, storage_class, attributes",
);

export interface ScanLimits {
  /** Versions that one slice looks at. */
  readonly versions: number;
  /** Those that it does something with. */
  readonly actions: number;
  /** Versions after which a zone ends with their key. */
  readonly zoneVersions: number;
}

/** Begins to scan a zone. */
export function beginZone(
  sql: SqlStorage,
  firstKey: string,
  endKey: string | undefined,
  nowMs: number,
): ScannedZone {
  openZone(sql, firstKey);
  const position = { key: firstKey };
  return { firstKey, endKey, beganMs: nowMs, versionCount: 0, nextDueMs: NEVER_MS, position };
}

/** Looks at the next versions of a zone, and does what is due. @returns where the scan goes on; undefined: it has ended */
export function scanZone(
  transaction: Transaction,
  lifecycle: Lifecycle,
  begun: ScannedZone,
  nowMs: number,
  limits: ScanLimits,
  tally: LifecycleTally,
): ScanCursor | undefined {
  const { sql, settings, configuration } = transaction;
  const isVersioned = configuration.versioning !== undefined;
  let zone = begun;
  let actionCount = 0;
  const rows = readRows(sql, zone, limits.versions);
  for (const [i, row] of rows.entries()) {
    const { position } = zone;
    const newer = row.key === position.key ? position.last : undefined;
    if (newer === undefined && zone.versionCount >= limits.zoneVersions) {
      endZone(transaction, lifecycle, zone, row.key);
      zone = beginZone(sql, row.key, zone.endKey, nowMs);
    }
    // The last row's older versions are not known here: it is looked at once more before anything is done with it.
    const entry = entryOf(lifecycle, row, newer, rows[i + 1]?.key !== row.key);
    const planned = plannedActions(lifecycle, entry, settings.lifecycle);
    const nextDueMs = planned.reduce((least, { dueMs }) => Math.min(least, dueMs), zone.nextDueMs);
    if (
      actionNow(planned, nowMs, isVersioned) !== undefined &&
      applyLifecycle(transaction, lifecycle, row.key, row.sequence, nowMs, tally)
    )
      actionCount += 1;
    const versionCount = zone.versionCount + 1;
    zone = { ...zone, versionCount, nextDueMs, position: behind(row, newer) };
    if (actionCount >= limits.actions) return { phase: "zone", zone };
  }
  if (rows.length === limits.versions) return { phase: "zone", zone };
  endZone(transaction, lifecycle, zone, zone.endKey);
  const { endKey } = zone;
  return endKey === undefined ? undefined : { phase: "zones", from: endKey };
}

function readRows(
  sql: SqlStorage,
  { position: { key, last }, endKey }: ScannedZone,
  limit: number,
): readonly ScannedRow[] {
  const from = (least: string, count: number): ScannedRow[] =>
    sql.exec<ScannedRow>(FROM_KEY, least, endKey ?? AFTER_ALL_TEXT, count).toArray();
  if (last === undefined) return from(key, limit);
  const rest = sql.exec<ScannedRow>(OF_KEY, key, last.sequence, limit).toArray();
  // Nothing lies between a string and the same string followed by U+0000.
  return rest.length < limit ? [...rest, ...from(`${key}\0`, limit - rest.length)] : rest;
}

function entryOf(
  lifecycle: Lifecycle,
  row: ScannedRow,
  newer: PassedVersion | undefined,
  isOldest: boolean,
): LifecycleEntry {
  const isMarker = row.is_marker === 1;
  return {
    key: row.key,
    sizeBytes: row.size_bytes,
    tags: lifecycle.hasTags ? readAttributes(row.attributes).tags : [],
    storageClass: row.storage_class,
    modifiedMs: row.modified_ms,
    isMarker,
    noncurrentSinceMs: newer?.modifiedMs,
    newerVersions: newer?.noncurrentVersions ?? 0,
    isLone: isMarker && newer === undefined && isOldest,
  };
}

function behind(row: ScannedRow, newer: PassedVersion | undefined): VersionPosition {
  const { key, sequence, modified_ms: modifiedMs, is_marker: isMarker } = row;
  const before = newer?.noncurrentVersions ?? 0;
  const noncurrentVersions = newer === undefined || isMarker === 1 ? before : before + 1;
  return { key, last: { sequence, modifiedMs, noncurrentVersions } };
}

/** @param endKey the first key that is not of it */
function endZone(
  { sql, settings }: Transaction,
  lifecycle: Lifecycle,
  { firstKey, beganMs, nextDueMs, versionCount }: ScannedZone,
  endKey: string | undefined,
): void {
  const rules = lifecycle.rulesBetween(firstKey, endKey);
  const ofNewMs = earliestOfNew(rules, beganMs, settings.lifecycle.dayMs);
  const dueMs = Math.min(nextDueMs, ofNewMs);
  if (versionCount === 0 && firstKey !== "") mergeZone(sql, firstKey, dueMs);
  else closeZone(sql, firstKey, dueMs);
}
