import { contentHomes } from "./content-homes.ts";
import { currentVersions } from "./current-versions.ts";
import { lifecycleScan, outboxRecords } from "./engine-rows.ts";
import { inlineBodies } from "./inline-bodies.ts";
import { objectContents } from "./object-contents.ts";
import { orphanParts } from "./orphan-parts.ts";
import { orphanAnnotations, orphanBodies } from "./orphan-rows.ts";
import { orphanSegments } from "./orphan-segments.ts";
import { referenceCounts } from "./reference-counts.ts";
import { rowCounts } from "./row-counts.ts";
import { rowDocuments } from "./row-documents.ts";
import { segments } from "./segments.ts";
import { reservedSequences, sharedSequences } from "./sequences.ts";
import type { ShardCheck } from "./shard-check.ts";
import { unknownContents } from "./unknown-contents.ts";
import { unscheduledJobs } from "./unscheduled-jobs.ts";
import { partContents, uploadDocuments } from "./uploads.ts";
import { versionOrder } from "./version-order.ts";

/** All that is looked at within one shard. What can be mended first stands before what is counted by it. */
export const SHARD_CHECKS: readonly ShardCheck[] = [
  rowDocuments,
  versionOrder,
  currentVersions,
  reservedSequences,
  sharedSequences,
  inlineBodies,
  orphanBodies,
  orphanAnnotations,
  orphanParts,
  uploadDocuments,
  partContents,
  orphanSegments,
  unknownContents,
  referenceCounts,
  contentHomes,
  segments,
  objectContents,
  rowCounts,
  outboxRecords,
  lifecycleScan,
  unscheduledJobs,
];
