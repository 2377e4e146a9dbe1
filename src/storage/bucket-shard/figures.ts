import type { NamedFigures, ShardFigureName, ShardFigures } from "../ports/shard-figures.ts";
import type { RowCounts } from "./counts/row-counts.ts";
import { garbageBlobs, garbageBytes } from "./contents/contents-figures.ts";
import { logBatchesWaiting } from "./access-log/log-batches.ts";
import { inventoryLateMs } from "./inventory/inventory-rows.ts";
import type { JobTable } from "./job-table.ts";
import { lifecycleTotals } from "./lifecycle/lifecycle-totals.ts";
import { zonesDue } from "./lifecycle/zones.ts";
import { deadLetters, outboxOldestMs, outboxPending } from "./outbox/outbox-figures.ts";
import {
  replicationFailed,
  replicationOldestMs,
  replicationPending,
  replicationPendingBytes,
} from "./replication/replication-figures.ts";
import type { Shard } from "./shard.ts";

/** What a figure is made from. */
interface Asked extends Shard {
  /** Undefined: they are not all counted yet. */
  readonly counted: RowCounts | undefined;
  readonly jobs: JobTable;
  readonly nowMs: number;
}

/**
 * Every figure of a shard, by a function of the room that it is about. One more is a line here, one in `ports/shard-figures.ts`, and
 * one in `domain/metrics/shard-metrics.ts`. It reads a bounded number of rows, and writes none.
 */
const FIGURES: Readonly<
  Record<ShardFigureName, (asked: Asked) => NamedFigures | number | undefined>
> = {
  objects: ({ counted }) => counted?.objects,
  versions: ({ counted }) => counted?.versions,
  deleteMarkers: ({ counted }) => counted?.deleteMarkers,
  bytes: ({ counted }) => counted?.bytes,
  uploads: ({ counted }) => counted?.uploads,
  uploadBytes: ({ counted }) => counted?.uploadBytes,
  annotationBytes: ({ counted }) => counted?.annotationBytes,
  shardsCounting: ({ counted }) => Number(counted === undefined),
  databaseBytes: ({ sql }) => sql.databaseSize,
  garbageBlobs: ({ sql }) => garbageBlobs(sql),
  garbageBytes: ({ sql }) => garbageBytes(sql),
  outboxPending: ({ sql }) => outboxPending(sql),
  outboxOldestMs: ({ sql, nowMs }) => outboxOldestMs(sql, nowMs),
  deadLetters: ({ sql }) => deadLetters(sql),
  replicationPending: ({ sql }) => replicationPending(sql),
  replicationOldestMs: ({ sql, nowMs }) => replicationOldestMs(sql, nowMs),
  replicationPendingBytes: ({ sql }) => replicationPendingBytes(sql),
  replicationFailed: ({ sql }) => replicationFailed(sql),
  lifecycleZonesDue: ({ sql, nowMs }) => zonesDue(sql, nowMs),
  lifecycleActions: ({ sql }) => lifecycleTotals(sql, "count"),
  lifecycleBytes: ({ sql }) => lifecycleTotals(sql, "bytes"),
  inventoryLateMs: ({ sql, nowMs }) => inventoryLateMs(sql, nowMs),
  logBatchesWaiting: ({ sql }) => logBatchesWaiting(sql),
  logLinesDropped: ({ logRoom }) => logRoom.droppedLines,
  shardsMoving: ({ growth }) => Number(growth.isMoving),
  movedKeys: ({ growth }) => growth.progress?.movedKeys ?? 0,
  jobsLateMs: ({ jobs, nowMs }) => jobs.lateMs(nowMs),
};

export function figuresOf(asked: Asked): ShardFigures {
  const entries = Object.entries(FIGURES).map(([name, figure]) => [name, figure(asked)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
