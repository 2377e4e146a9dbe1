import { compareUtf8 } from "../../../lib/utf8-order.ts";
import type { Elsewhere, Growth, MovePosition, MoveProgress } from "../../wire/growth.ts";
import { shardOfKey } from "../../wire/slots.ts";
import { shardNumberOf } from "../../wire/shard-name.ts";

type GrowthRow = {
  epoch: number;
  shards_before: number;
  shards_after: number;
  moved_up_to: string;
  under_way_up_to: string | null;
  is_handed_over: number;
  is_done: number;
  moved_keys: number;
  arrived: string | null;
};

/**
 * What this shard knows of the last growth of its bucket; of one that never grew there is no row. Held in memory, too: the object is
 * the only writer.
 */
export class ShardGrowth {
  readonly #sql: SqlStorage;
  readonly #number: number;
  #row: GrowthRow | undefined;

  /** @param shardName `<bucket id>/<shard number>` */
  constructor(sql: SqlStorage, shardName: string) {
    this.#sql = sql;
    this.#number = shardNumberOf(shardName);
    this.reload();
  }

  /** What was written in a transaction that did not commit is forgotten. */
  reload(): void {
    this.#row = this.#sql.exec<GrowthRow>("SELECT * FROM growth").toArray()[0];
  }

  /** Undefined: the bucket has had its shards from the beginning. */
  get growth(): Growth | undefined {
    const row = this.#row;
    return row && { epoch: row.epoch, before: row.shards_before, after: row.shards_after };
  }

  /** This shard has keys to give away, or has had. */
  get isSource(): boolean {
    return this.#row !== undefined && this.#number < this.#row.shards_before;
  }

  get isMoving(): boolean {
    return this.isSource && this.#row?.is_done === 0;
  }

  /** What came before is over by then. @returns false: the shard knows of this growth, or of a later one */
  begin({ epoch, before, after }: Growth): boolean {
    if (epoch <= (this.#row?.epoch ?? 0)) return false;
    if (this.isMoving) throw new Error("the growth before has not ended");
    this.#write({
      epoch,
      shards_before: before,
      shards_after: after,
      moved_up_to: "",
      under_way_up_to: null,
      is_handed_over: 0,
      is_done: 0,
      moved_keys: 0,
      arrived: null,
    });
    return true;
  }

  /** The number of the shard that a key moves to from this one; undefined: it stays. */
  targetOf(key: string): number | undefined {
    if (this.#row === undefined || !this.isSource) return undefined;
    const target = shardOfKey(key, this.#row.shards_after);
    return target === this.#number ? undefined : target;
  }

  /** Undefined: the shard has the key. @param isRead while the key is sent away, reads go on */
  elsewhere(key: string, isRead: boolean): Elsewhere | undefined {
    const row = this.#row;
    if (row === undefined || this.targetOf(key) === undefined) return undefined;
    const movedUpTo = row.is_done === 1 ? null : row.moved_up_to;
    if (row.is_done === 1 || compareUtf8(key, row.moved_up_to) <= 0)
      return { movedUpTo, hasMoved: true };
    const { under_way_up_to: underWayUpTo } = row;
    if (underWayUpTo === null || compareUtf8(key, underWayUpTo) > 0) return undefined;
    return isRead && row.is_handed_over === 0 ? undefined : { movedUpTo, hasMoved: false };
  }

  /** Keys up to this one that move have moved. */
  get movedUpTo(): string {
    return this.#row?.moved_up_to ?? "";
  }

  /** Behind those, keys up to this one that move do so now: nothing is written to them. Undefined: none do. */
  get underWayUpTo(): string | undefined {
    return this.#row?.under_way_up_to ?? undefined;
  }

  setOut(upTo: string): void {
    this.#change({ under_way_up_to: upTo, is_handed_over: 0 });
  }

  /** All that is under way has arrived: what is here of it goes, bit by bit, and nobody reads it any more. */
  handOver(): void {
    this.#change({ is_handed_over: 1 });
  }

  /** Nothing is here any more of the keys up to this one that move. */
  advance(upTo: string, keyCount: number): void {
    const movedKeys = (this.#row?.moved_keys ?? 0) + keyCount;
    this.#change({
      moved_up_to: upTo,
      under_way_up_to: null,
      is_handed_over: 0,
      moved_keys: movedKeys,
    });
  }

  finish(): void {
    this.#change({ is_done: 1 });
  }

  /** Of what this shard gets. */
  get arrived(): MovePosition | null {
    const { arrived = null } = this.#row ?? {};
    return arrived === null ? null : (JSON.parse(arrived) as MovePosition);
  }

  arrive(last: MovePosition): void {
    this.#change({ arrived: JSON.stringify(last) });
  }

  /** Undefined: this shard gives nothing away. */
  get progress(): MoveProgress | undefined {
    const row = this.#row;
    if (row === undefined || !this.isSource) return undefined;
    const isDone = row.is_done === 1;
    const movedUpTo = isDone ? null : row.moved_up_to;
    return { epoch: row.epoch, isDone, movedUpTo, movedKeys: row.moved_keys };
  }

  #change(columns: Partial<GrowthRow>): void {
    if (this.#row === undefined) throw new Error("the bucket does not grow");
    this.#write({ ...this.#row, ...columns });
  }

  #write(row: GrowthRow): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO growth (id, epoch, shards_before, shards_after, moved_up_to, under_way_up_to,
         is_handed_over, is_done, moved_keys, arrived)
       VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.epoch,
      row.shards_before,
      row.shards_after,
      row.moved_up_to,
      row.under_way_up_to,
      row.is_handed_over,
      row.is_done,
      row.moved_keys,
      row.arrived,
    );
    this.#row = row;
  }
}
