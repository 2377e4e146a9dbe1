import { existsSync } from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import type { CheckpointResult, CheckpointTask } from "./checkpoint-thread.ts";

/** TypeScript in a checkout, JavaScript in the package. */
const PROGRAMS = ["checkpoint-thread.ts", "checkpoint-thread.js"].map((name) =>
  path.join(import.meta.dirname, name),
);

interface Waiting {
  readonly resolve: (alarmMs: number | null) => void;
  readonly reject: (error: Error) => void;
}

/** The one thread that checkpoints all databases of this process, one at a time; it starts with the first. */
let thread: Worker | undefined;
const waiting = new Map<number, Waiting>();
let tasks = 0;

/**
 * Moves what a database's write-ahead log holds into the database, in another thread, since it takes syncs of both.
 *
 * @param isWhole all of it, so that the log begins anew, for which whoever writes has to wait; else only as far as it can be
 *   done beside readers and writers
 * @returns when the alarm of the Durable Object in it is due, in milliseconds since 1970; null: it has none
 * @throws Error when the disk fails; the log has everything still
 */
export async function checkpoint(
  databasePath: string,
  isSynced: boolean,
  isWhole: boolean,
): Promise<number | null> {
  const worker = (thread ??= start());
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  tasks += 1;
  waiting.set(tasks, { resolve, reject });
  // Alive as long as somebody waits, and no longer.
  worker.ref();
  const task: CheckpointTask = { number: tasks, path: databasePath, isSynced, isWhole };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of a thread, not of a window
  worker.postMessage(task);
  return promise;
}

function start(): Worker {
  const worker = new Worker(PROGRAMS.find((program) => existsSync(program)) ?? "");
  worker.on("message", ({ number, error, alarmMs }: CheckpointResult) => {
    const task = waiting.get(number);
    waiting.delete(number);
    if (waiting.size === 0) worker.unref();
    if (error === undefined) task?.resolve(alarmMs);
    else task?.reject(new Error(error));
  });
  const onEnd = (error: Error): void => {
    if (thread !== worker) return;
    thread = undefined;
    for (const task of waiting.values()) task.reject(error);
    waiting.clear();
  };
  worker.on("error", onEnd);
  worker.on("exit", () => onEnd(new Error("the thread that checkpoints has ended")));
  return worker;
}
