import { availableParallelism } from "node:os";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { log } from "../../src/lib/log.ts";
import type { BlobWorkerAnswer, BlobWorkerFile } from "./blob-worker.ts";
import type { BlobWriter } from "./blob-writer.ts";
import { slabMemory } from "./slabs.ts";
import { type Send, ThreadWriter } from "./thread-writer.ts";

/** One core serves; the others hash, at more than which clients seldom send. */
const MAX_THREADS = Math.max(1, Math.min(4, availableParallelism() - 1));

/** In a checkout Node strips the types. */
const SCRIPT_NAME = import.meta.url.endsWith(".ts") ? "blob-worker.ts" : "blob-worker.js";
const SCRIPT = path.join(import.meta.dirname, SCRIPT_NAME);

/** Of this process, however many servers it runs. */
const threads: WritingThread[] = [];
let uploads = 0;
/** They could not be started: it is not tried again. */
let areImpossible = false;

/**
 * A writer that hashes and writes on another thread. Threads are started when there is a use for them, and end with the
 * process.
 *
 * @returns undefined as long as no thread is there
 */
export function threadWriter(file: BlobWorkerFile): BlobWriter | undefined {
  const ready = threads.filter(({ isReady }) => isReady);
  const idlest = ready.toSorted((a, b) => a.load - b.load)[0];
  const isStarting = ready.length < threads.length;
  if ((idlest === undefined || idlest.load > 0) && !isStarting && threads.length < MAX_THREADS)
    startThread();
  return idlest?.begin(file);
}

function startThread(): void {
  if (areImpossible) return;
  try {
    threads.push(new WritingThread());
  } catch (error) {
    giveUp(error);
  }
}

function giveUp(error: unknown): void {
  areImpossible = true;
  log("warn", "blobs are hashed on the main thread", { error: String(error) });
}

class WritingThread {
  readonly #worker = new Worker(SCRIPT, {
    name: "ledge-blobs",
    execArgv: [],
    workerData: slabMemory,
  });
  readonly #writers = new Map<number, ThreadWriter>();
  #isReady = false;

  constructor() {
    this.#worker.unref();
    this.#worker.on("message", (answer: BlobWorkerAnswer) => this.#take(answer));
    let cause: unknown;
    this.#worker.on("error", (error) => (cause = error));
    this.#worker.once("exit", () => this.#onExit(cause));
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Uploads under way. */
  get load(): number {
    return this.#writers.size;
  }

  begin(file: BlobWorkerFile): BlobWriter {
    uploads += 1;
    const upload = uploads;
    const send: Send = (task) => {
      this.#worker.postMessage(task, []);
      if (task.kind === "forget") this.#remove(upload);
    };
    const writer = new ThreadWriter(upload, send);
    send({ kind: "begin", upload, file });
    // The process lives as long as it writes.
    if (this.#writers.size === 0) this.#worker.ref();
    this.#writers.set(upload, writer);
    return writer;
  }

  #take(answer: BlobWorkerAnswer): void {
    if (answer.kind === "ready") {
      this.#isReady = true;
      return;
    }
    const writer = this.#writers.get(answer.upload);
    switch (answer.kind) {
      case "written":
        writer?.onSlab(answer.slab, undefined);
        break;
      case "failed": {
        const { code, message } = answer;
        writer?.onSlab(answer.slab, Object.assign(new Error(message), { code }));
        break;
      }
      case "ended":
        this.#remove(answer.upload);
        writer?.onDigests(answer.digests);
    }
  }

  #remove(upload: number): void {
    this.#writers.delete(upload);
    if (this.#writers.size === 0) this.#worker.unref();
  }

  #onExit(cause: unknown): void {
    threads.splice(threads.indexOf(this), 1);
    if (!this.#isReady) giveUp(cause);
    else log("error", "a thread that writes blobs ended", { error: String(cause) });
    const error = new Error("the thread that wrote the blob ended", { cause });
    for (const writer of this.#writers.values()) writer.onDeath(error);
    this.#writers.clear();
  }
}
