import { type Count, COUNT_BEGIN, countOn, isCounted, type RowPlace } from "./count-rows.ts";
import {
  addCounts,
  type CountsChange,
  readCounts,
  type RowCounts,
  subtractCounts,
} from "./row-counts.ts";

interface CountLimits {
  /** Rows of one slice; undefined: as many as take 2 ms. */
  readonly slice?: number;
  /** Slices of one question. Between them others have their turn. */
  readonly slices: number;
  /** To count fewer rows anew costs no more than to write down how many they were. */
  readonly worthKeeping: number;
}

const LIMITS: CountLimits = { slices: 100, worthKeeping: 1000 };

/**
 * How many objects, versions, and uploads a shard has, and of how many bytes: exact, at no row more of a write. They are counted when
 * somebody asks for the first time, in slices, and from then on kept in memory by whatever writes rows. While the shard rests they are
 * written down, so that it need not count anew when it wakes; the first change takes that away again. So what is written down is
 * exact, and after a crash there is nothing, and whoever asks has the rows counted anew.
 *
 * A shard that nobody asks counts nothing: its writes pay one branch.
 */
export class ShardCounts {
  readonly #sql: SqlStorage;
  readonly #limits: CountLimits;
  #known: RowCounts | undefined;
  /** Where somebody has asked, and the rows are not all counted yet. */
  #count: Count | undefined;
  /** While slices are counted; whoever asks as well waits for the same. */
  #counting: Promise<void> | undefined;
  /** What is written down; undefined: nothing is, null: that has to be looked up. */
  #saved: string | undefined | null = null;
  /** Since somebody asked last. */
  #hasChanged = true;

  constructor(sql: SqlStorage, limits = LIMITS) {
    this.#sql = sql;
    this.#limits = limits;
  }

  /** A transaction, or a savepoint, was not kept: what is in memory may say too much. */
  forget(): void {
    this.#known = undefined;
    this.#count = undefined;
    this.#hasChanged = true;
    this.#saved = null;
  }

  /** A row is there from now on. */
  add(place: RowPlace, counts: CountsChange): void {
    this.#change(place, addCounts, counts);
  }

  /** A row is gone from now on. */
  subtract(place: RowPlace, counts: CountsChange): void {
    this.#change(place, subtractCounts, counts);
  }

  /**
   * The counts, for which rows are read on if need be, a bounded number.
   *
   * @returns undefined: there are more rows than that; ask again
   */
  async ask(): Promise<RowCounts | undefined> {
    if (this.#saved === null) this.#recall();
    if (this.#known === undefined)
      await (this.#counting ??= this.#countOn().finally(() => (this.#counting = undefined)));
    const known = this.#known;
    if (known === undefined) return undefined;
    const rows = known.versions + known.deleteMarkers + known.uploads;
    if (this.#saved === undefined && !this.#hasChanged && rows >= this.#limits.worthKeeping)
      this.#save(JSON.stringify(known));
    this.#hasChanged = false;
    return known;
  }

  #change(place: RowPlace, change: typeof addCounts, counts: CountsChange): void {
    if (this.#saved === null) this.#recall();
    if (this.#known !== undefined) {
      this.#known = change(this.#known, counts);
      this.#hasChanged = true;
      if (this.#saved !== undefined) this.#dropSaved();
    } else if (this.#count !== undefined && isCounted(this.#count, place))
      this.#count = { ...this.#count, counts: change(this.#count.counts, counts) };
  }

  #recall(): void {
    const query = "SELECT counts FROM row_counts";
    const [row] = this.#sql.exec<{ counts: string }>(query).toArray();
    this.#known = row && readCounts(row.counts);
    this.#saved = row?.counts;
  }

  #save(counts: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO row_counts (id, counts) VALUES (0, ?)", counts);
    this.#saved = counts;
  }

  #dropSaved(): void {
    this.#sql.exec("DELETE FROM row_counts");
    this.#saved = undefined;
  }

  async #countOn(): Promise<void> {
    this.#count ??= COUNT_BEGIN;
    for (let slice = 0; slice < this.#limits.slices; slice += 1) {
      // Whoever had his turn may have made it void.
      const count = this.#count;
      if (count === undefined) return;
      const next = countOn(this.#sql, count, this.#limits.slice);
      if (!("at" in next)) {
        this.#known = next;
        this.#count = undefined;
        return;
      }
      this.#count = next;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}
