/** Sequence numbers are reserved in blocks, so that a write does not pay for a row that counts. */
const SEQUENCE_BLOCK = 1000;

/**
 * The shard's one-row state, held in memory as well: the object is the only writer.
 * A block of sequence numbers that was reserved before a restart is skipped: they stay monotonic, with gaps.
 */
export class ShardState {
  /** `<bucket id>/<shard number>`; empty only while nobody has called the shard by its name. */
  readonly name: string;
  readonly #sql: SqlStorage;
  #nextSequence: number;
  #reservedUntil: number;
  #seal: string | undefined;
  #sweepFence: string;
  #sweepCursor: string;

  /**
   * @param calledName the name in the object's id. It is kept, since an alarm may wake the object by its id alone
   */
  constructor(sql: SqlStorage, calledName: string | undefined) {
    this.#sql = sql;
    const row = sql
      .exec<{
        name: string;
        sequence: number;
        seal: string | null;
        sweep_fence: string;
        sweep_cursor: string;
      }>("SELECT * FROM shard")
      .one();
    this.name = calledName ?? row.name;
    if (this.name !== row.name) sql.exec("UPDATE shard SET name = ?", this.name);
    this.#nextSequence = row.sequence + 1;
    this.#reservedUntil = row.sequence;
    this.#seal = row.seal ?? undefined;
    this.#sweepFence = row.sweep_fence;
    this.#sweepCursor = row.sweep_cursor;
  }

  /** This shard made the blob, the stitched content, or the hold token of this id. */
  isHome(id: string): boolean {
    return id.startsWith(this.name) && id.charAt(this.name.length) === "/";
  }

  /**
   * Makes sure that `count` sequence numbers can be taken, without a row more for each; call it in the transaction that takes
   * them.
   */
  reserveSequences(count: number): void {
    if (this.#nextSequence + count <= this.#reservedUntil + 1) return;
    this.#reservedUntil = this.#nextSequence + count + SEQUENCE_BLOCK;
    this.#sql.exec("UPDATE shard SET sequence = ?", this.#reservedUntil);
  }

  /** The number that the next write gets, or one behind it. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** From now on numbers behind this one are given. */
  skipSequences(sequence: number): void {
    if (sequence < this.#nextSequence) return;
    this.#nextSequence = sequence + 1;
    this.reserveSequences(1);
  }

  /** The transaction, or the savepoint, of the last reservation may not have been kept. */
  forget(): void {
    this.#reservedUntil = 0;
  }

  /** An effect may take more than were reserved for it, as a delete of many versions does: none is given twice after a crash. */
  takeSequence(): number {
    this.reserveSequences(1);
    const sequence = this.#nextSequence;
    this.#nextSequence += 1;
    return sequence;
  }

  /** The token of the delete that sealed this shard; undefined while the shard is open. */
  get seal(): string | undefined {
    return this.#seal;
  }

  setSeal(token: string | undefined): void {
    this.#sql.exec("UPDATE shard SET seal = ?", token ?? null);
    this.#seal = token;
  }

  /** A blob up to this id that the index does not know is an orphan, and may not be committed any more. */
  get sweepFence(): string {
    return this.#sweepFence;
  }

  setSweepFence(blobId: string): void {
    this.#sql.exec("UPDATE shard SET sweep_fence = ?", blobId);
    this.#sweepFence = blobId;
  }

  /** Where the search for orphans goes on; empty before the first. */
  get sweepCursor(): string {
    return this.#sweepCursor;
  }

  setSweepCursor(blobId: string): void {
    this.#sql.exec("UPDATE shard SET sweep_cursor = ?", blobId);
    this.#sweepCursor = blobId;
  }
}
