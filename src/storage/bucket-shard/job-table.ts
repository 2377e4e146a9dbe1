/** What a shard does in its own time, in the order in which it does it. */
export const JOB_KINDS = [
  "outbox",
  "replication",
  "uploads",
  "completions",
  "garbage",
  "holds",
  "released-holds",
  "sweep",
  "lifecycle",
  "access-log",
  "growth",
  "inventory",
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

const KINDS: ReadonlySet<string> = new Set(JOB_KINDS);

/** The shard's one alarm, and the table `job`, which says what is due when: the alarm is set to the earliest. */
export class JobTable {
  readonly #storage: DurableObjectStorage;
  /** The rows of `job`, so that a write that schedules what is scheduled already costs nothing; undefined: to be read. */
  #dueMs: Map<string, number> | undefined;
  /** What the alarm is set to, as far as this instance knows. */
  #alarmMs = Number.POSITIVE_INFINITY;
  #isRinging = false;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** A transaction did not commit: what it scheduled is not. */
  forget(): void {
    this.#dueMs = undefined;
    this.#alarmMs = Number.POSITIVE_INFINITY;
  }

  /** Whether the job runs at that time at the latest already. */
  runsBy(kind: JobKind, dueMs: number): boolean {
    return dueMs >= (this.#rows().get(kind) ?? Number.POSITIVE_INFINITY);
  }

  /** Makes sure that the job runs at `dueMs` at the latest. Call it last in a transaction: it remembers the row. */
  schedule(kind: JobKind, dueMs: number): void {
    if (this.runsBy(kind, dueMs)) return;
    this.#set(kind, dueMs);
    this.arm();
  }

  /** What is due; from now on it counts as not scheduled, since what is scheduled while it runs is what it has not seen. */
  takeDue(kind: JobKind, nowMs: number): boolean {
    return (
      (this.#rows().get(kind) ?? Number.POSITIVE_INFINITY) <= nowMs && this.#rows().delete(kind)
    );
  }

  /** The job has run. @param againMs when it is to run again; undefined: not unless it was scheduled meanwhile */
  settle(kind: JobKind, againMs: number | undefined): void {
    const scheduledMs = this.#rows().get(kind);
    const dueMs = earlier(againMs, scheduledMs);
    if (dueMs === undefined) this.#storage.sql.exec("DELETE FROM job WHERE kind = ?", kind);
    else if (dueMs !== scheduledMs) this.#set(kind, dueMs);
  }

  /** How long the job that is most overdue has been; 0 when none is. */
  lateMs(nowMs: number): number {
    return Math.max(0, nowMs - Math.min(nowMs, ...this.#rows().values()));
  }

  /**
   * The alarm rings, and stays as it is until {@link rest}: an object that dies before is called again, since the runtime deletes an alarm when
   * it has been answered. One that is set meanwhile would take its place, and what was due would wait for that.
   */
  ring(): void {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    this.#isRinging = true;
  }

  /** All that was due has run. The next alarm is a later one, as one of the same time might be deleted with that which rang. */
  rest(nowMs: number): void {
    this.#isRinging = false;
    this.#arm(nowMs + 1);
  }

  arm(): void {
    if (!this.#isRinging) this.#arm(0);
  }

  #arm(leastMs: number): void {
    const earliestMs = Math.max(leastMs, Math.min(...this.#rows().values()));
    if (earliestMs >= this.#alarmMs) return;
    this.#alarmMs = earliestMs;
    // Not awaited: the output gate holds every answer until the alarm is on disk with the rows it belongs to.
    void this.#storage.setAlarm(earliestMs);
  }

  #rows(): Map<string, number> {
    if (this.#dueMs !== undefined) return this.#dueMs;
    const { sql } = this.#storage;
    const rows = [...sql.exec("SELECT kind, due_ms FROM job").raw<[string, number]>()];
    // A job that only newer code knows waits for it: an alarm for what is never run would ring for ever.
    this.#dueMs = new Map(rows.filter(([kind]) => KINDS.has(kind)));
    return this.#dueMs;
  }

  #set(kind: JobKind, dueMs: number): void {
    this.#storage.sql.exec("INSERT OR REPLACE INTO job (kind, due_ms) VALUES (?, ?)", kind, dueMs);
    this.#rows().set(kind, dueMs);
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
