import type { StatementSync } from "node:sqlite";
import type { Alarms } from "./alarms.ts";
import { Database } from "./database.ts";
import { METADATA_TABLE } from "./new-database.ts";
import type { ObjectId } from "./object-id.ts";
import { LocalSqlStorage } from "./sql-storage.ts";
import { sqliteError } from "./sqlite-error.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

/** The object's alarm, as its rows have it with what the open transaction wrote. */
interface Alarm {
  readonly dueMs: number | undefined;
  /** It is ringing: the object sees none, and unless it sets another, there is none when it has rung. */
  readonly isRinging: boolean;
}

interface ObjectStorageOptions {
  /** Of the database. */
  readonly path: string;
  readonly isSynced: boolean;
  /** A sync of this database failed: what the system says to have of it need not be on disk. */
  readonly mustMend: boolean;
  readonly id: ObjectId;
  readonly alarms: Alarms;
  /** The storage has failed, and does nothing any more. */
  readonly onFailure: (mustMend: boolean) => void;
}

const READ_ALARM = "SELECT value / 1000000 AS ms FROM _cf_METADATA WHERE key = 1";

/**
 * `ctx.storage` of one object, as much of it as `src/` uses: one database, of which it is the only writer.
 *
 * When a commit or a sync fails, nobody knows what is on the disk: the storage does nothing any more, and whoever waits for
 * it fails. The object is opened anew from what the disk has.
 *
 * Source: https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/
 */
export class ObjectStorage {
  readonly sql: LocalSqlStorage;
  readonly #id: ObjectId;
  readonly #database: Database;
  readonly #log: WriteAheadLog;
  readonly #alarms: Alarms;
  readonly #onFailure: (mustMend: boolean) => void;
  readonly #setAlarm: StatementSync;
  readonly #deleteAlarm: StatementSync;
  #alarm: Alarm;
  /** A transaction that ends with the turn in which it was opened, by a write that was in none. */
  #isImplicit = false;
  /** Since the last commit. */
  #hasWritten = false;
  #failure: Error | undefined;

  /** @throws Error when the database cannot be opened, or mended */
  constructor(options: ObjectStorageOptions) {
    const { path, isSynced, mustMend, id, alarms, onFailure } = options;
    this.#id = id;
    this.#alarms = alarms;
    this.#onFailure = onFailure;
    this.#database = new Database(path, isSynced);
    try {
      if (mustMend) this.#database.mend();
      this.#database.run(METADATA_TABLE);
      this.#log = new WriteAheadLog(this.#database, isSynced);
      this.sql = new LocalSqlStorage(
        this.#database,
        (mayWrite) => this.#beforeQuery(mayWrite),
        (error) => this.#failIfLost(error),
      );
      // Nanoseconds, as workerd has them, are more than a JavaScript number holds: SQLite multiplies.
      this.#setAlarm = this.#database.prepare(
        "INSERT OR REPLACE INTO _cf_METADATA VALUES (1, CAST(? AS INTEGER) * 1000000)",
      );
      this.#deleteAlarm = this.#database.prepare("DELETE FROM _cf_METADATA WHERE key = 1");
      const ms = this.#database.prepare(READ_ALARM).get()?.["ms"];
      this.#alarm = { dueMs: typeof ms === "number" ? ms : undefined, isRinging: false };
      // A crash may have come between this database and the index.
      this.#indexEarlier();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /**
   * Runs `effect` in a transaction, or within the one that is open; if it throws, nothing of it has been.
   *
   * @throws Error what `effect` threw, or why it could not be committed
   */
  transactionSync<T>(effect: () => T): T {
    this.#requireSound();
    const alarm = this.#alarm;
    this.#database.begin();
    let value: T;
    try {
      value = effect();
      this.#requireSound();
      if (this.#database.depth > 1) {
        this.#database.commit();
        return value;
      }
    } catch (error) {
      this.#database.rollBack();
      this.#alarm = alarm;
      throw error;
    }
    this.#commit();
    return value;
  }

  /** Done when all that was written is on disk. */
  sync(): Promise<void> {
    try {
      this.#requireSound();
      this.#endImplicit();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#sync();
  }

  /** Nothing was written that is not on disk. */
  get isSynced(): boolean {
    return this.#log.isSynced && !this.#isImplicit && this.#failure === undefined;
  }

  /** While this is there, the object is not to be called. */
  get pause(): Promise<void> | undefined {
    return this.#log.pause;
  }

  getAlarm(): Promise<number | null> {
    const { dueMs, isRinging } = this.#alarm;
    return Promise.resolve(isRinging ? null : (dueMs ?? null));
  }

  setAlarm(time: number | Date): Promise<void> {
    return this.#changeAlarm(Math.trunc(Number(time)));
  }

  deleteAlarm(): Promise<void> {
    return this.#changeAlarm(undefined);
  }

  /** When the alarm is due, in milliseconds since 1970. */
  get alarmMs(): number | undefined {
    return this.#alarm.dueMs;
  }

  /** The alarm rings: for the object, there is none from now on. */
  beginAlarm(): void {
    this.#alarm = { dueMs: this.#alarm.dueMs, isRinging: true };
  }

  /** Done when it is on disk. @param hasRung false: it failed, and is to ring again */
  async endAlarm(hasRung: boolean): Promise<void> {
    const { dueMs, isRinging } = this.#alarm;
    this.#alarm = { dueMs, isRinging: false };
    if (isRinging && hasRung) await this.deleteAlarm();
    await this.sync();
    this.#indexLater();
  }

  /** From now on it does nothing. What is committed, stays. */
  close(): void {
    this.#failure ??= new Error("the storage is closed");
    this.#log.close();
    this.#database.close();
  }

  /** Throws, where a promise that nobody awaits would fail: then the transaction does. */
  #changeAlarm(dueMs: number | undefined): Promise<void> {
    this.#beforeQuery(true);
    try {
      if (dueMs === undefined) this.#deleteAlarm.run();
      else this.#setAlarm.run(dueMs);
    } catch (error) {
      this.#failIfLost(error);
      throw sqliteError(error);
    }
    this.#alarm = { dueMs, isRinging: false };
    return Promise.resolve();
  }

  #beforeQuery(mayWrite: boolean): void {
    this.#requireSound();
    if (!mayWrite) return;
    this.#hasWritten = true;
    if (this.#database.depth > 0) return;
    this.#database.begin();
    this.#isImplicit = true;
    queueMicrotask(() => {
      try {
        this.#endImplicit();
      } catch {
        // Whoever waits for the storage is told.
      }
    });
  }

  #endImplicit(): void {
    if (!this.#isImplicit || this.#database.depth !== 1) return;
    this.#isImplicit = false;
    this.#commit();
  }

  /** The outermost transaction. */
  #commit(): void {
    try {
      this.#indexEarlier();
      this.#database.commit();
    } catch (error) {
      this.#database.rollBack();
      throw this.#fail(error, false);
    }
    if (this.#hasWritten) this.#log.note();
    this.#hasWritten = false;
  }

  async #sync(): Promise<void> {
    try {
      if (!this.#alarms.isSynced) await this.#alarms.sync();
      await this.#log.sync();
    } catch (error) {
      throw this.#fail(error, true);
    }
    this.#requireSound();
    this.#indexLater();
  }

  /** Before a commit: an alarm that is nowhere but here would not ring after a crash. */
  #indexEarlier(): void {
    const { dueMs } = this.#alarm;
    if (dueMs === undefined) return;
    const indexedMs = this.#alarms.dueMsOf(this.#id);
    if (indexedMs === undefined || dueMs < indexedMs) this.#alarms.set(this.#id, dueMs);
  }

  /** After a sync: an alarm that goes, or rings later, does so in the index when it does so for certain. */
  #indexLater(): void {
    const { dueMs, isRinging } = this.#alarm;
    if (dueMs === this.#alarms.dueMsOf(this.#id) || isRinging || !this.isSynced) return;
    if (dueMs === undefined) this.#alarms.delete(this.#id);
    else this.#alarms.set(this.#id, dueMs);
  }

  #requireSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #failIfLost(error: unknown): void {
    if (this.#database.hasLostTransaction) this.#fail(error, false);
  }

  #fail(error: unknown, mustMend: boolean): Error {
    if (this.#failure === undefined) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#onFailure(mustMend);
    }
    return this.#failure;
  }
}
