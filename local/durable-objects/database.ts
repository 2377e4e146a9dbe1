import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { sqliteError } from "./sqlite-error.ts";

/**
 * What a Durable Object's database allows, so that what runs here runs on Cloudflare.
 *
 * Source: `setupSecurity` in https://github.com/cloudflare/workerd/blob/main/src/workerd/util/sqlite.c++
 */
const LIMITS = {
  length: 4 * 1024 * 1024,
  sqlLength: 100_000,
  column: 100,
  exprDepth: 100,
  compoundSelect: 5,
  functionArg: 127,
  likePatternLength: 50,
  variableNumber: 100,
  triggerDepth: 10,
};

/** How long a write waits for the thread that checkpoints, which holds a lock for moments. */
const LOCK_PATIENCE_MS = 10_000;

/** A log that grew longer, as none could be moved for a time, is cut to this when it is begun anew. */
const MAX_LOG_FILE_BYTES = 32 * 1024 * 1024;

interface Savepoint {
  readonly begin: StatementSync;
  readonly release: StatementSync;
  readonly rollBack: StatementSync;
}

/**
 * One file of SQLite with its write-ahead log, and its transactions, which nest.
 *
 * SQLite syncs what it must so that a power cut leaves the file whole (`synchronous = NORMAL`), but no commit: that is
 * left to whoever answers for it (`write-ahead-log.ts`). Nor does it checkpoint (`checkpoints.ts`).
 */
export class Database {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollBack: StatementSync;
  readonly #logState: StatementSync;
  /** By depth: of the first transaction within one, of the second, … */
  readonly #savepoints: Savepoint[] = [];
  #depth = 0;
  /** Or will never. */
  #syncsHeaders: boolean;

  /** @param isSynced false: nothing survives a power cut for certain, and nothing waits for the disk */
  constructor(path: string, isSynced: boolean) {
    this.path = path;
    requireWholeTexts();
    // For its owner alone. SQLite gives the log the same mode.
    if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600));
    this.#database = new DatabaseSync(path, { timeout: LOCK_PATIENCE_MS, limits: LIMITS });
    // A new file is on disk before anything is in its log: SQLite deletes the log of a file that is empty.
    this.run(
      `PRAGMA synchronous = ${isSynced ? "FULL" : "OFF"}; PRAGMA journal_mode = WAL;
       PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${MAX_LOG_FILE_BYTES};
       PRAGMA temp_store = MEMORY; PRAGMA synchronous = OFF`,
    );
    const logBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    this.#syncsHeaders = !isSynced;
    if (logBytes > 0) this.syncHeaders();
    this.#begin = this.prepare("BEGIN IMMEDIATE");
    this.#commit = this.prepare("COMMIT");
    this.#rollBack = this.prepare("ROLLBACK");
    this.#logState = this.prepare("PRAGMA wal_checkpoint(NOOP)");
  }

  /**
   * Writes all that the log has into the database anew, and syncs it. After a sync that failed, the system takes for written
   * what it holds in memory only, so that to sync again would tell nothing.
   *
   * @throws Error when that fails, too
   */
  mend(): void {
    this.run("PRAGMA synchronous = FULL");
    const result = this.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    if (result?.["busy"] !== 0) throw new Error("the log could not be written to the database");
    this.run("PRAGMA synchronous = NORMAL");
    this.#syncsHeaders = true;
  }

  /**
   * From now on, SQLite syncs the header of a log that is begun anew before it writes over what the log had, as what is left
   * of that could be taken for a part of the new one. A log that is new has nothing to be mistaken, and waits for no sync.
   */
  syncHeaders(): void {
    if (this.#syncsHeaders || this.#depth > 0) return;
    this.run("PRAGMA synchronous = NORMAL");
    this.#syncsHeaders = true;
  }

  prepare(query: string): StatementSync {
    return guarded(() => this.#database.prepare(query));
  }

  /** Runs any number of statements. */
  run(statements: string): void {
    guarded(() => this.#database.exec(statements));
  }

  /** How many transactions are open, one within the other. */
  get depth(): number {
    return this.#depth;
  }

  /** SQLite gives a whole transaction up by itself when the disk fails it: what follows must not count as part of it. */
  get hasLostTransaction(): boolean {
    return this.#depth > 0 && !this.#database.isTransaction;
  }

  /** Pages of the write-ahead log; 0 when all were moved to the database, so that the next write begins it anew. */
  get logPages(): number {
    const state = this.#logState.get() as { log: number; checkpointed: number };
    return state.log === state.checkpointed ? 0 : state.log;
  }

  begin(): void {
    guarded(() => (this.#depth === 0 ? this.#begin : this.#savepointAt(this.#depth).begin).run());
    this.#depth += 1;
  }

  /** The innermost transaction becomes part of the one around it, or is committed. */
  commit(): void {
    const outer = this.#depth - 1;
    guarded(() => (outer === 0 ? this.#commit : this.#savepointAt(outer).release).run());
    this.#depth = outer;
  }

  /** The innermost transaction has not been. */
  rollBack(): void {
    this.#depth -= 1;
    if (!this.#database.isTransaction) return;
    if (this.#depth === 0) this.#rollBack.run();
    else {
      const { rollBack, release } = this.#savepointAt(this.#depth);
      rollBack.run();
      release.run();
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #savepointAt(depth: number): Savepoint {
    return (this.#savepoints[depth] ??= {
      begin: this.prepare(`SAVEPOINT level_${depth}`),
      release: this.prepare(`RELEASE level_${depth}`),
      rollBack: this.prepare(`ROLLBACK TO level_${depth}`),
    });
  }
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw sqliteError(error);
  }
}

let readsWholeTexts = false;

/** @throws Error when rows would be read, and then written, that are not as they were */
function requireWholeTexts(): void {
  if (readsWholeTexts) return;
  const database = new DatabaseSync(":memory:");
  const row = database.prepare("SELECT 'a' || char(0) || 'b' AS text").get();
  database.close();
  readsWholeTexts = row?.["text"] === "a\0b";
  if (!readsWholeTexts) throw new Error(`Node ${process.versions.node} cuts texts at U+0000`);
}
