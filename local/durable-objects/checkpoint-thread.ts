// The thread that checkpoints: it moves what the write-ahead logs hold into their databases, and syncs both.
import { DatabaseSync } from "node:sqlite";
import { parentPort } from "node:worker_threads";

export interface CheckpointTask {
  readonly number: number;
  readonly path: string;
  readonly isSynced: boolean;
  /** All of the log, so that it begins anew. Whoever writes meanwhile waits for its end. */
  readonly isWhole: boolean;
}

export interface CheckpointResult {
  readonly number: number;
  /** Undefined: all is well, whether or not the whole log could be moved. */
  readonly error: string | undefined;
  /** When the object's alarm is due, in milliseconds since 1970; null: it has none. */
  readonly alarmMs: number | null;
}

/** How long it waits for reads and writes of the other thread. */
const LOCK_PATIENCE_MS = 5000;

const ALARM = "SELECT value / 1000000 AS ms FROM _cf_METADATA WHERE key = 1";
const HAS_METADATA = "SELECT 1 FROM sqlite_schema WHERE name = '_cf_METADATA'";

function checkpoint({ path, isSynced, isWhole }: CheckpointTask): number | null {
  const database = new DatabaseSync(path, { timeout: LOCK_PATIENCE_MS });
  try {
    database.exec(`PRAGMA synchronous = ${isSynced ? "FULL" : "OFF"}`);
    const hasMetadata = database.prepare(HAS_METADATA).get() !== undefined;
    const alarm = hasMetadata ? database.prepare(ALARM).get() : undefined;
    database.prepare(`PRAGMA wal_checkpoint(${isWhole ? "RESTART" : "PASSIVE"})`).get();
    if (isWhole) beginLog(database);
    return typeof alarm?.["ms"] === "number" ? alarm["ms"] : null;
  } finally {
    database.close();
  }
}

/**
 * The first write to a log syncs its header, whoever writes it: here it keeps nobody waiting. It changes a number of the
 * database's header that means nothing to SQLite.
 */
function beginLog(database: DatabaseSync): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  database.exec(`PRAGMA user_version = ${(version + 1) % 2 ** 30}`);
}

parentPort?.on("message", (task: CheckpointTask) => {
  let error: string | undefined;
  let alarmMs: number | null = null;
  try {
    alarmMs = checkpoint(task);
  } catch (failure) {
    error = String(failure);
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of a thread, not of a window
  parentPort?.postMessage({ number: task.number, error, alarmMs } satisfies CheckpointResult);
});
