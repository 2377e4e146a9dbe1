import { close, closeSync, fdatasync, fstatSync, fsync, open, openSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { log } from "../../src/lib/log.ts";
import { checkpoint } from "./checkpoints.ts";
import { sqliteError } from "./sqlite-error.ts";

const SYNCED = Promise.resolve();

/** How long a log grows until it is checkpointed: some 2,000 pages, which are read again after a crash. */
const MAX_LOG_BYTES = 8 * 1024 * 1024;

/** Where nothing is synced, which is when the length is looked at otherwise. */
const COMMITS_BETWEEN_LOOKS = 100;

/**
 * Brings the commits of a database to the disk: a sync of its write-ahead log, by another thread, for all commits that
 * came before it. Until then a commit is seen by this process and survives its end, but no power cut. And keeps the log
 * short.
 */
export class WriteAheadLog {
  readonly #databasePath: string;
  readonly #isSynced: boolean;
  #descriptor: number | undefined;
  /** Commits so far, and how many of them are on disk. */
  #committed = 0;
  #synced = 0;
  #syncing: Promise<void> | undefined;
  #failure: unknown;
  #isShrinking = false;
  #longestBytes = MAX_LOG_BYTES;
  #pause: Promise<void> | undefined;

  constructor(databasePath: string, isSynced: boolean) {
    this.#databasePath = databasePath;
    this.#isSynced = isSynced;
  }

  /** A transaction was committed. */
  note(): void {
    this.#committed += 1;
    if (this.#isSynced) return;
    this.#synced = this.#committed;
    if (this.#committed % COMMITS_BETWEEN_LOOKS === 0) this.#shrinkIfLong(this.#open());
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

  /** While the log is being cut: whoever writes meanwhile waits, and this thread with him. */
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
      if (isFirst) await syncFolder(path.dirname(this.#databasePath));
      this.#synced = upTo;
      this.#shrinkIfLong(descriptor);
    } catch (error) {
      this.#failure = sqliteError(error);
      throw this.#failure;
    }
  }

  #shrinkIfLong(descriptor: number): void {
    if (!this.#isShrinking && fstatSync(descriptor).size > this.#longestBytes) void this.#shrink();
  }

  /**
   * Most of it is moved beside whoever reads and writes. Under load more is written meanwhile, always: so the rest is moved,
   * and the log cut, while nobody writes.
   */
  async #shrink(): Promise<void> {
    this.#isShrinking = true;
    try {
      await checkpoint(this.#databasePath, this.#isSynced, false);
      const cut = checkpoint(this.#databasePath, this.#isSynced, true);
      this.#pause = cut.then(
        () => undefined,
        () => undefined,
      );
      await cut;
      this.#longestBytes = MAX_LOG_BYTES;
    } catch (error) {
      // Nothing is lost: the log has it all. It is tried again when the log has grown as much once more.
      this.#longestBytes += MAX_LOG_BYTES;
      log("error", "checkpoint failed", { database: this.#databasePath, error: String(error) });
    } finally {
      this.#pause = undefined;
      this.#isShrinking = false;
    }
  }

  /** SQLite's locks are on other files: to close this one takes none of them away. */
  #open(): number {
    return (this.#descriptor ??= openSync(`${this.#databasePath}-wal`, "r+"));
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
