import path from "node:path";
import type { StatementSync } from "node:sqlite";
import { Database } from "./database.ts";
import { ObjectId } from "./object-id.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

export interface IndexedAlarm {
  readonly id: ObjectId;
  /** In milliseconds since 1970; not later than what the object's own database says. */
  readonly dueMs: number;
}

/**
 * When each object of a namespace is to be woken, in a database of its own and in workerd's format, since an object that
 * sleeps can tell nobody. What counts is the object's own row; this is at the same time, or earlier.
 *
 * Source: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/alarm-scheduler.c++
 */
export class AlarmIndex {
  readonly #database: Database;
  readonly #log: WriteAheadLog;
  readonly #set: StatementSync;
  readonly #delete: StatementSync;

  /** @param mustMend a sync of it failed before */
  constructor(folder: string, isSynced: boolean, mustMend: boolean) {
    this.#database = new Database(path.join(folder, "metadata.sqlite"), isSynced);
    if (mustMend) this.#database.mend();
    this.#database.run(
      `CREATE TABLE IF NOT EXISTS _cf_ALARM (
         actor_id TEXT PRIMARY KEY, scheduled_time INTEGER, actor_name TEXT
       ) WITHOUT ROWID`,
    );
    this.#log = new WriteAheadLog(this.#database, isSynced);
    // Nanoseconds are more than a JavaScript number holds: SQLite multiplies.
    this.#set = this.#database.prepare(
      `INSERT INTO _cf_ALARM VALUES (?, CAST(? AS INTEGER) * 1000000, ?)
       ON CONFLICT DO UPDATE SET scheduled_time = excluded.scheduled_time,
         actor_name = COALESCE(excluded.actor_name, _cf_ALARM.actor_name)`,
    );
    this.#delete = this.#database.prepare("DELETE FROM _cf_ALARM WHERE actor_id = ?");
  }

  all(): IndexedAlarm[] {
    const rows = this.#database
      .prepare("SELECT actor_id, scheduled_time / 1000000 AS ms, actor_name FROM _cf_ALARM")
      .all();
    return rows.map(({ actor_id: hex, ms, actor_name: name }) => ({
      id: new ObjectId(String(hex), name === null ? undefined : String(name)),
      dueMs: Number(ms),
    }));
  }

  set({ hex, name }: ObjectId, dueMs: number): void {
    this.#write(() => this.#set.run(hex, dueMs, name ?? null));
  }

  delete({ hex }: ObjectId): void {
    this.#write(() => this.#delete.run(hex));
  }

  get isSynced(): boolean {
    return this.#log.isSynced;
  }

  /** Done when all of it is on disk. */
  sync(): Promise<void> {
    return this.#log.sync();
  }

  get path(): string {
    return this.#database.path;
  }

  close(): void {
    this.#log.close();
    this.#database.close();
  }

  #write(effect: () => void): void {
    this.#database.begin();
    try {
      effect();
      this.#database.commit();
    } catch (error) {
      this.#database.rollBack();
      throw error;
    }
    this.#log.note();
  }
}
