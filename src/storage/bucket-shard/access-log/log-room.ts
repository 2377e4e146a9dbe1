/** How much of access logs waits in a shard, held in memory: it is counted once, and then by what comes and goes. */
export class LogRoom {
  readonly #sql: SqlStorage;
  #waitingBytes: number | undefined;
  #newBytes = 0;
  #droppedLines = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @returns false: so much more is too much */
  take(bytes: number, limitBytes: number): boolean {
    const waiting = (this.#waitingBytes ??= this.#count());
    if (waiting + bytes > limitBytes) return false;
    this.#waitingBytes = waiting + bytes;
    this.#newBytes += bytes;
    return true;
  }

  /** As much has come since this was answered last. */
  isMuchNew(bytes: number): boolean {
    if (this.#newBytes < bytes) return false;
    this.#newBytes = 0;
    return true;
  }

  free(bytes: number): void {
    if (this.#waitingBytes !== undefined) this.#waitingBytes -= bytes;
  }

  /** Lines that their target did not take, since this object woke up. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  dropped(lines: number): void {
    this.#droppedLines += lines;
  }

  /** A transaction did not commit. */
  forget(): void {
    this.#waitingBytes = undefined;
  }

  #count(): number {
    const query = "SELECT COALESCE(SUM(bytes), 0) AS bytes FROM log_batch";
    return this.#sql.exec<{ bytes: number }>(query).one().bytes;
  }
}
