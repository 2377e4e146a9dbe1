import type { Spans } from "../../../lib/spans.ts";
import { JOB_KINDS, type JobKind, type JobTable } from "../job-table.ts";
import { tellOfJob } from "./job-log.ts";

/** When a job that threw is tried again. */
const RETRY_DELAY_MS = 60_000;

/** Runs one bounded portion of a job; answers when it is to run again, undefined when nothing is left to do. */
export type Job = (nowMs: number) => Promise<number | undefined>;

export type Jobs = Readonly<Record<JobKind, Job>>;

/**
 * Runs what is due. Never throws: an alarm that throws six times is never called again.
 *
 * @param shard its name, for the log
 * @param spans of the alarm, in which each job is one, `job.<kind>`
 */
export async function runDue(
  shard: string,
  table: JobTable,
  jobs: Jobs,
  nowMs: number,
  spans?: Spans,
): Promise<void> {
  table.ring();
  try {
    for (const kind of JOB_KINDS)
      if (table.takeDue(kind, nowMs)) {
        const job = () => run(shard, kind, jobs[kind], nowMs);
        table.settle(kind, await (spans?.enter(`job.${kind}`, job) ?? job()));
      }
  } finally {
    table.rest(Date.now());
  }
}

async function run(
  shard: string,
  kind: JobKind,
  job: Job,
  nowMs: number,
): Promise<number | undefined> {
  try {
    return await job(nowMs);
  } catch (error) {
    tellOfJob(shard, kind, "failed", { reason: String(error) });
    return nowMs + RETRY_DELAY_MS;
  }
}
