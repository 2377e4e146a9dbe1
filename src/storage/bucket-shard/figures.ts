import type { ShardFigureName, ShardFigures } from "../ports/shard-figures.ts";
import { logBatchesWaiting } from "./access-log/log-batches.ts";
import { garbageBlobs } from "./contents/contents-figures.ts";
import type { JobTable } from "./job-table.ts";
import { zonesDue } from "./lifecycle/zones.ts";
import { deadLetters, outboxOldestMs, outboxPending } from "./outbox/outbox-figures.ts";
import type { Shard } from "./shard.ts";

/** What a figure is made from. */
export interface Asked extends Shard {
  readonly jobs: JobTable;
  readonly nowMs: number;
}

/**
 * Every figure of a shard, by a function of the room that it is about. One more is a line here, one in `ports/shard-figures.ts`, and
 * one in `domain/metrics/shard-metrics.ts`. It reads a bounded number of rows, and writes none.
 */
const FIGURES: Readonly<Record<ShardFigureName, (asked: Asked) => number | undefined>> = {
  databaseBytes: ({ sql }) => sql.databaseSize,
  garbageBlobs: ({ sql }) => garbageBlobs(sql),
  outboxPending: ({ sql }) => outboxPending(sql),
  outboxOldestMs: ({ sql, nowMs }) => outboxOldestMs(sql, nowMs),
  deadLetters: ({ sql }) => deadLetters(sql),
  lifecycleZonesDue: ({ sql, nowMs }) => zonesDue(sql, nowMs),
  logBatchesWaiting: ({ sql }) => logBatchesWaiting(sql),
  logLinesDropped: ({ logRoom }) => logRoom.droppedLines,
  jobsLateMs: ({ jobs, nowMs }) => jobs.lateMs(nowMs),
};

export function figuresOf(asked: Asked): ShardFigures {
  const entries = Object.entries(FIGURES).map(([name, figure]) => [name, figure(asked)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
