import type { BlobWorkerTask } from "./blob-worker.ts";
import type { BlobWriter, WrittenDigests } from "./blob-writer.ts";
import { type Slab, slabBytes, slabMemory, slabs } from "./slabs.ts";

/** Of one upload, so that none has to wait long for the others. */
const MAX_SLABS_ON_THE_WAY = 4;

export type Send = (task: BlobWorkerTask) => void;

/**
 * Hands one upload over to a thread. A slab goes when it is full, or when the thread has nothing else of this upload: so
 * the thread is not kept waiting, small chunks go together while it is busy, and a client that stalls holds no slab.
 */
export class ThreadWriter implements BlobWriter {
  readonly #upload: number;
  readonly #send: Send;
  #slab: Slab | undefined;
  #filledBytes = 0;
  readonly #onTheWay = new Set<Slab>();
  #failure: Error | undefined;
  #onAnswer: (() => void) | undefined;
  #digests: WrittenDigests | undefined;

  constructor(upload: number, send: Send) {
    this.#upload = upload;
    this.#send = send;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength;) {
      while (this.#onTheWay.size >= MAX_SLABS_ON_THE_WAY) await this.#answer();
      this.#slab ??= await slabs.take();
      this.#requireHealthy();
      const bytes = slabBytes(slabMemory, this.#slab);
      const part = chunk.subarray(at, at + bytes.byteLength - this.#filledBytes);
      bytes.set(part, this.#filledBytes);
      this.#filledBytes += part.byteLength;
      at += part.byteLength;
      if (this.#filledBytes === bytes.byteLength) this.#flush();
    }
    if (this.#onTheWay.size === 0) this.#flush();
  }

  async end(): Promise<WrittenDigests> {
    this.#flush();
    while (this.#onTheWay.size > 0) await this.#answer();
    this.#requireHealthy();
    this.#send({ kind: "end", upload: this.#upload });
    for (;;) {
      if (this.#digests !== undefined) return this.#digests;
      await this.#answer();
      this.#requireHealthy();
    }
  }

  async abort(): Promise<void> {
    if (this.#slab !== undefined) slabs.giveBack(this.#slab);
    this.#slab = undefined;
    this.#filledBytes = 0;
    this.#failure ??= new Error("the upload was given up");
    // The file's descriptor may be another file's as soon as it is closed.
    while (this.#onTheWay.size > 0) await this.#answer();
    this.#send({ kind: "forget", upload: this.#upload });
  }

  /** The thread has done with a slab. */
  onSlab(slab: Slab, failure: Error | undefined): void {
    this.#onTheWay.delete(slab);
    slabs.giveBack(slab);
    this.#failure ??= failure;
    if (this.#onTheWay.size === 0) this.#flush();
    this.#onAnswer?.();
  }

  onDigests(digests: WrittenDigests): void {
    this.#digests = digests;
    this.#onAnswer?.();
  }

  /** The thread is gone. */
  onDeath(error: Error): void {
    for (const slab of this.#onTheWay) slabs.giveBack(slab);
    this.#onTheWay.clear();
    this.#failure ??= error;
    this.#onAnswer?.();
  }

  #flush(): void {
    if (this.#slab === undefined || this.#filledBytes === 0 || this.#failure !== undefined) return;
    const slab = this.#slab;
    const lengthBytes = this.#filledBytes;
    this.#slab = undefined;
    this.#filledBytes = 0;
    this.#onTheWay.add(slab);
    this.#send({ kind: "write", upload: this.#upload, slab, lengthBytes });
  }

  async #answer(): Promise<void> {
    await new Promise<void>((resolve) => (this.#onAnswer = resolve));
    this.#onAnswer = undefined;
  }

  #requireHealthy(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
