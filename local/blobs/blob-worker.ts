/** What a thread of `writing-threads.ts` runs: it hashes what it is sent, and writes it to files that are open already. */
import { parentPort, workerData } from "node:worker_threads";
import { type DigestNames, RunningDigests, writeAll, type WrittenDigests } from "./blob-writer.ts";
import { type Slab, slabBytes } from "./slabs.ts";

/** What a thread is told, in order; `upload` is a number of the sender's. */
export type BlobWorkerTask =
  | { readonly kind: "begin"; readonly upload: number; readonly file: BlobWorkerFile }
  /** Answered by `written`, or `failed`: the slab goes back. */
  | {
      readonly kind: "write";
      readonly upload: number;
      readonly slab: Slab;
      readonly lengthBytes: number;
    }
  /** Answered by `ended`. */
  | { readonly kind: "end"; readonly upload: number }
  | { readonly kind: "forget"; readonly upload: number };

export interface BlobWorkerFile extends DigestNames {
  readonly descriptor: number;
}

/** `ready`: once, when it is there. After `failed`, nothing more of that upload is written. */
export type BlobWorkerAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "written"; readonly upload: number; readonly slab: Slab }
  | {
      readonly kind: "failed";
      readonly upload: number;
      readonly slab: Slab;
      readonly message: string;
      /** Of the system's. */
      readonly code: string | undefined;
    }
  | { readonly kind: "ended"; readonly upload: number; readonly digests: WrittenDigests };

interface Upload {
  readonly descriptor: number;
  readonly digests: RunningDigests;
  hasFailed: boolean;
}

const memory: SharedArrayBuffer = workerData;
const uploads = new Map<number, Upload>();

function answer(message: BlobWorkerAnswer): void {
  parentPort?.postMessage(message, []);
}

function write(upload: number, slab: Slab, lengthBytes: number): BlobWorkerAnswer {
  const running = uploads.get(upload);
  if (running === undefined || running.hasFailed) return { kind: "written", upload, slab };
  try {
    const bytes = slabBytes(memory, slab).subarray(0, lengthBytes);
    running.digests.update(bytes);
    writeAll(running.descriptor, bytes);
    return { kind: "written", upload, slab };
  } catch (error) {
    running.hasFailed = true;
    const { message, code } = error as NodeJS.ErrnoException;
    return { kind: "failed", upload, slab, message, code };
  }
}

parentPort?.on("message", (task: BlobWorkerTask) => {
  const { upload } = task;
  switch (task.kind) {
    case "begin": {
      const { descriptor } = task.file;
      uploads.set(upload, { descriptor, digests: new RunningDigests(task.file), hasFailed: false });
      break;
    }
    case "write":
      answer(write(upload, task.slab, task.lengthBytes));
      break;
    case "end": {
      const digests = uploads.get(upload)?.digests.end();
      uploads.delete(upload);
      if (digests !== undefined) answer({ kind: "ended", upload, digests });
      break;
    }
    case "forget":
      uploads.delete(upload);
  }
});
answer({ kind: "ready" });
