import { exportAnnotations, exportSegments, exportVersions } from "./backup/export-versions.ts";
import { exportUploads } from "./backup/export-uploads.ts";
import { importUploads, lookForParts } from "./backup/import-uploads.ts";
import { importAnnotations, importVersions, lookForVersions } from "./backup/import-versions.ts";
import { doubtHolds, knownHolds } from "./contents/holds.ts";
import { unknownBlobs } from "./contents/contents.ts";
import type { ShardInspectionCalls, ShardRepairCalls } from "../ports/shard-inspection.ts";
import { inventoryPage } from "./inventory/inventory-page.ts";
import { walkVersions } from "./rows/walk-versions.ts";
import type { Shard } from "./shard.ts";
import type { Transaction } from "./transaction.ts";
import { SHARD_CHECKS } from "./checks/all-checks.ts";
import { unreferredOf } from "./checks/count-references.ts";
import { confirmedHolds, heldContents, presentHolds } from "./checks/list-holds.ts";
import { referredBlobs } from "./checks/referred-blobs.ts";
import { NULL_VERSION } from "../../protocol/version-id.ts";

/** Versions that a page names; each is then read as a whole. */
const PAGE_VERSIONS = 200;

type InspectionCall = keyof ShardInspectionCalls;
type RepairCall = keyof ShardRepairCalls;

/** What a shard answers to whoever inspects it. */
const INSPECTION_CALLS: {
  readonly [Name in InspectionCall]: (
    shard: Shard,
    ...args: Parameters<ShardInspectionCalls[Name]>
  ) => ReturnType<ShardInspectionCalls[Name]>;
} = {
  facts: ({ sql, state, configuration }) => ({
    // To make a bucket schedules a sweep in each of its shards.
    isConfigured: sql.exec("SELECT 1 FROM job LIMIT 1").toArray().length > 0,
    seal: state.seal,
    gatewayRevision: configuration.gatewayRevision,
    shardRevision: configuration.shardRevision,
    documents: configuration.documentsText,
    sweepCursor: state.sweepCursor,
  }),
  find: (shard, name, after) =>
    SHARD_CHECKS.find((check) => check.name === name)?.find(shard, after),
  referredBlobs: ({ sql }, after) => referredBlobs(sql, after),
  orphans: ({ sql }, blobIds) => unreferredOf(sql, unknownBlobs(sql, blobIds)),
  confirmedHolds: ({ sql }, after) => confirmedHolds(sql, after),
  heldContents: ({ sql }, after) => heldContents(sql, after),
  presentHolds: ({ sql }, tokens) => presentHolds(sql, tokens),
  knownHolds: ({ sql }, tokens) => knownHolds(sql, tokens),
  inventory: ({ sql }, after, prefix, isOfCurrent) =>
    inventoryPage(sql, after, prefix, isOfCurrent),
  versions({ sql }, after) {
    const { rows, next } = walkVersions(sql, after, PAGE_VERSIONS);
    const versions = rows
      .filter((row) => row.is_marker === 0)
      .map(({ key, version_id: id }) => ({ key, versionId: id ?? NULL_VERSION }));
    return { versions, next };
  },
  exportVersions: ({ sql }, after) => exportVersions(sql, after),
  exportSegments: ({ sql }, contentId, fromBytes) => exportSegments(sql, contentId, fromBytes),
  exportAnnotations: ({ sql }, sequence, after) => exportAnnotations(sql, sequence, after),
  exportUploads: ({ sql }, after) => exportUploads(sql, after),
  lookForParts: ({ sql }, names) => lookForParts(sql, names),
  lookForVersions: ({ sql }, names) => lookForVersions(sql, names),
};

/** What a shard does for whoever mends it. */
const REPAIR_CALLS: {
  readonly [Name in RepairCall]: (
    transaction: Transaction,
    ...args: Parameters<ShardRepairCalls[Name]>
  ) => ReturnType<ShardRepairCalls[Name]>;
} = {
  repair(transaction, name, subjects) {
    const check = SHARD_CHECKS.find((check) => check.name === name);
    const mended = check?.mend?.(transaction, subjects) ?? [];
    if (mended.length > 0) transaction.cache.clear();
    return mended;
  },
  doubtHolds,
  importUploads,
  importVersions,
  importAnnotations,
  skipSequences: ({ state }, sequence) => state.skipSequences(sequence),
};

export function inspectShard<Name extends InspectionCall>(
  shard: Shard,
  name: Name,
  args: Parameters<ShardInspectionCalls[Name]>,
): ReturnType<ShardInspectionCalls[Name]> {
  return INSPECTION_CALLS[name](shard, ...args);
}

export function repairShard<Name extends RepairCall>(
  transaction: Transaction,
  name: Name,
  args: Parameters<ShardRepairCalls[Name]>,
): ReturnType<ShardRepairCalls[Name]> {
  return REPAIR_CALLS[name](transaction, ...args);
}
