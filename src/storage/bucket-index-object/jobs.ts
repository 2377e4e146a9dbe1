/** What a shard does in its own time. */
const JOB_KINDS = [
  "uploads",
  "completions",
  "garbage",
  "holds",
  "released-holds",
  "sweep",
] as const;
type JobKind = (typeof JOB_KINDS)[number];

/** When a job that threw is tried again. */
const RETRY_DELAY_MS = 60_000;

/** Runs one bounded portion of a job; answers when it is to run again, undefined when nothing is left to do. */
type Job = (nowMs: number) => Promise<number | undefined>;

/** The shard's jobs behind its one alarm: `job` says what is due when, the alarm is set to the earliest. */
export class Jobs {
  readonly #storage: DurableObjectStorage;
  readonly #jobs: Readonly<Record<JobKind, Job>>;
  /** The rows of `job`, so that a write that schedules what is scheduled already costs nothing. */
  readonly #dueMs: Map<string, number>;
  /** What the alarm is set to, as far as this instance knows. */
  #alarmMs = Number.POSITIVE_INFINITY;

  constructor(storage: DurableObjectStorage, jobs: Readonly<Record<JobKind, Job>>) {
    this.#storage = storage;
    this.#jobs = jobs;
    const rows = storage.sql.exec<{ kind: string; due_ms: number }>("SELECT * FROM job").toArray();
    this.#dueMs = new Map(rows.map((row) => [row.kind, row.due_ms]));
  }

  /** Makes sure that the job runs at `dueMs` at the latest. Call it last in a transaction: it remembers the row. */
  schedule(kind: JobKind, dueMs: number): void {
    if (dueMs >= (this.#dueMs.get(kind) ?? Number.POSITIVE_INFINITY)) return;
    this.#set(kind, dueMs);
    this.#arm();
  }

  /** Runs what is due. Never throws: an alarm that throws six times is never called again. */
  async runDue(nowMs: number): Promise<void> {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    for (const kind of JOB_KINDS) {
      const dueMs = this.#dueMs.get(kind);
      if (dueMs === undefined || dueMs > nowMs) continue;
      // What is scheduled while the job runs is for what it has not seen.
      this.#dueMs.delete(kind);
      const againMs = await this.#run(kind, nowMs);
      this.#set(kind, earlier(againMs, this.#dueMs.get(kind)));
    }
    this.#arm();
  }

  async #run(kind: JobKind, nowMs: number): Promise<number | undefined> {
    try {
      return await this.#jobs[kind](nowMs);
    } catch (error) {
      console.error(JSON.stringify({ event: "job failed", job: kind, error: String(error) }));
      return nowMs + RETRY_DELAY_MS;
    }
  }

  #set(kind: JobKind, dueMs: number | undefined): void {
    const { sql } = this.#storage;
    if (dueMs === undefined) {
      sql.exec("DELETE FROM job WHERE kind = ?", kind);
      this.#dueMs.delete(kind);
    } else {
      sql.exec("INSERT OR REPLACE INTO job (kind, due_ms) VALUES (?, ?)", kind, dueMs);
      this.#dueMs.set(kind, dueMs);
    }
  }

  #arm(): void {
    const earliestMs = Math.min(...this.#dueMs.values());
    if (earliestMs >= this.#alarmMs) return;
    this.#alarmMs = earliestMs;
    // Not awaited: the output gate holds every answer until the alarm is on disk with the rows it belongs to.
    void this.#storage.setAlarm(earliestMs);
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
