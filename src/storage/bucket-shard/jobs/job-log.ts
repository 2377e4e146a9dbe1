import { log } from "../../../lib/log.ts";
import type { JobKind } from "../job-table.ts";

const LEVELS = { done: "log", delayed: "warn", failed: "error", "given up": "error" } as const;

/**
 * What became of a run of a job, or of a part of it: it is `done`; `delayed`, it is tried again, since somebody else does not do his part;
 * `failed`, the same, since something here does not work; or `given up` for good.
 */
export type JobOutcome = keyof typeof LEVELS;

/** Words by which a job tells what it was about, and numbers of what it did. A number of bytes ends with `Bytes`. */
type Told = Readonly<Record<string, number | string | undefined>>;

/**
 * One line of the log, of the same shape for all jobs: `{"event":"job","job","shard","outcome", …, "reason"}`; docs/operate.md lists what each
 * job tells. A run that is done and has done nothing has none.
 */
export function tellOfJob(shard: string, job: JobKind, outcome: JobOutcome, told: Told): void {
  const isNothing = !Object.values(told).some((value) => typeof value === "number" && value > 0);
  if (outcome === "done" && isNothing) return;
  log(LEVELS[outcome], "job", { job, shard, outcome, ...told });
}
