import { close, closeSync, fdatasync, fsync, open, openSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { log } from "../../src/lib/log.ts";
import { checkpoint } from "./checkpoints.ts";
import type { Database } from "./database.ts";
import { sqliteError } from "./sqlite-error.ts";

const SYNCED = Promise.resolve();

/**
 * How long a log grows until it is checkpointed: 16 MiB, which are read again after a crash. A page is searched for in one
 * table of its index as long as it has no more pages than these (https://www.sqlite.org/walformat.html).
 */
const MAX_LOG_PAGES = 4000;

/** Where nothing is synced, which is when the length is looked at otherwise. */
const COMMITS_BETWEEN_LOOKS = 16;

/**
 * Brings the commits of a database to the disk: a sync of its write-ahead log, by another thread, for all commits that
 * came before it. Until then a commit is seen by this process and survives its end, but no power cut. And keeps the log
 * short.
 */
export class WriteAheadLog {
  readonly #database: Database;
  readonly #isSynced: boolean;
  #descriptor: number | undefined;
  /** Commits so far, and how many of them are on disk. */
  #committed = 0;
  #synced = 0;
  #syncing: Promise<void> | undefined;
  #failure: unknown;
  #moving: Promise<void> | undefined;
  #mostPages = MAX_LOG_PAGES;
  #pause: Promise<void> | undefined;

  /** @param database that has been read: its log is known */
  constructor(database: Database, isSynced: boolean) {
    this.#database = database;
    this.#isSynced = isSynced;
    // What a server that died left in the log need not be on disk.
    if (isSynced && database.logPages > 0) this.#committed = 1;
  }

  /** A transaction was committed. As long as there is nothing in the log, it changed nothing. */
  note(): void {
    if (this.#committed === 0 && this.#database.logPages === 0) return;
    this.#committed += 1;
    if (this.#isSynced) return;
    this.#synced = this.#committed;
    if (this.#committed % COMMITS_BETWEEN_LOOKS === 0) this.#checkpointIfLong();
  }

  get isSynced(): boolean {
    return this.#synced === this.#committed;
  }

  /**
   * Done when all that is committed by now is on disk.
   *
   * @throws Error when the disk fails: nobody knows then what is on it, and to sync again tells nothing
   */
  sync(): Promise<void> {
    return this.isSynced ? SYNCED : this.#syncTo(this.#committed);
  }

  /** While the rest of the log is being moved: whoever writes meanwhile waits, and this thread with him. */
  get pause(): Promise<void> | undefined {
    return this.#pause;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  async #syncTo(commit: number): Promise<void> {
    while (this.#synced < commit)
      await (this.#syncing ??= this.#syncOnce().finally(() => {
        this.#syncing = undefined;
      }));
    if (this.#pause !== undefined) await this.#pause;
  }

  async #syncOnce(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const isFirst = this.#descriptor === undefined;
    const upTo = this.#committed;
    try {
      const descriptor = this.#open();
      await sync(descriptor);
      // The files are new: without their folder they would be found by nobody.
      if (isFirst) await syncFolder(path.dirname(this.#database.path));
      this.#synced = upTo;
      this.#database.syncHeaders();
      this.#checkpointIfLong();
    } catch (error) {
      this.#failure = sqliteError(error);
      throw this.#failure;
    }
  }

  #checkpointIfLong(): void {
    if (this.#database.depth > 0) return;
    const { logPages } = this.#database;
    if (logPages <= this.#mostPages) return;
    this.#moving ??= this.#checkpoint();
    // A disk that is slower than who writes: it is waited for.
    if (logPages > 2 * this.#mostPages) this.#pause = this.#moving;
  }

  /**
   * Most of the log is moved beside whoever reads and writes. Under load more is written meanwhile, always: so the rest is
   * moved while nobody writes, and the next write begins the log anew.
   */
  async #checkpoint(): Promise<void> {
    const { path } = this.#database;
    try {
      await checkpoint(path, this.#isSynced, false);
      this.#pause = this.#moving;
      await checkpoint(path, this.#isSynced, true);
      this.#mostPages = MAX_LOG_PAGES;
    } catch (error) {
      // Nothing is lost: the log has it all. It is tried again when the log has grown as much once more.
      this.#mostPages += MAX_LOG_PAGES;
      log("error", "checkpoint failed", { database: path, error: String(error) });
    } finally {
      this.#pause = undefined;
      this.#moving = undefined;
    }
  }

  /** SQLite's locks are on other files: to close this one takes none of them away. */
  #open(): number {
    return (this.#descriptor ??= openSync(`${this.#database.path}-wal`, "r+"));
  }
}

/** Not promisified once and for all, so that a test can let the disk fail. */
function sync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function syncFolder(folder: string): Promise<void> {
  const descriptor = await promisify(open)(folder, "r");
  try {
    await promisify(fsync)(descriptor);
  } finally {
    await promisify(close)(descriptor);
  }
}
